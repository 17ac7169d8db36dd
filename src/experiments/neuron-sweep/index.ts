import { defineExperiment } from "../experiment";
import { sweepCommand } from "./command";
import { neuronSweepFigures } from "./figures";
import { sweepFindings } from "./findings";
import { NEURON_SWEEP_KEY_NUMBERS } from "./key-numbers";
import { neuronSweepSchema } from "./result";

export { type NeuronSweepFigures, neuronSweepFigures } from "./figures";
export { type MarkedNeuron, neuronSweepFigure, type RankedNeurons } from "./figures/neuron-sweep";
export { sweepFindings } from "./findings";
export { analyzeNeuronSweep, type NeuronSweepAnalysisOptions } from "./measure";
export { type NotebookSweep, type NotebookSweepOptions, notebookSweep } from "./notebook-sweep";
export type { NeuronSweepResult, SweepTarget, SweptNeurons } from "./result";
export { listSweep, type SweepRow } from "./tables";

/** Does a head depend on its target more than on any other neuron? */
export const neuronSweepExperiment = defineExperiment({
  name: "neuron_sweep",
  order: 30,
  title: "What patching each neuron of a layer changes in a head's prediction",
  schema: neuronSweepSchema,
  findings: sweepFindings,
  keyNumbers: NEURON_SWEEP_KEY_NUMBERS,
  command: sweepCommand,
  figures: neuronSweepFigures,
});
