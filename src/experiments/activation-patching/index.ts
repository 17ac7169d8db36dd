import { defineExperiment } from "../experiment";
import { patchCommand } from "./command";
import { activationPatchingFigures } from "./figures";
import { patchingFindings } from "./findings";
import { ACTIVATION_PATCHING_KEY_NUMBERS } from "./key-numbers";
import { activationPatchingSchema } from "./result";

export { type BaselineSummary, baselineBySet } from "./baseline-by-set";
export type {
  Controls,
  DirectEffect,
  Fit,
  LabelControl,
  NeuronControl,
  QuantileExperiment,
  SlopeEvidence,
} from "./evidence";
export { type ActivationPatchingFigures, activationPatchingFigures } from "./figures";
export { directAndTotalFigure } from "./figures/direct-and-total";
export { type PromptSensitivity, perInputSensitivityFigure } from "./figures/per-input-sensitivity";
export { predVsActChangeAllFigure } from "./figures/pred-vs-act-change-all";
export { predVsActRegressionFigure } from "./figures/pred-vs-act-regression";
export { scalingExperimentFigure } from "./figures/scaling-experiment";
export type { Readings, ScalingRuns } from "./figures/scaling-runs";
export { slopeEvidenceFigure } from "./figures/slope-evidence";
export { patchingFindings } from "./findings";
export {
  type ActivationPatchingOptions,
  analyzeActivationPatching,
  type ControlOptions,
} from "./measure";
export type { ActivationPatchingResult } from "./result";
export {
  bySensitivity,
  describeControls,
  listBaseline,
  listPatched,
  listScaling,
  listSensitivity,
  listSlopes,
  promptLabels,
  type SlopeRow,
} from "./tables";

/** Does a head's prediction follow its neuron when the neuron is patched? */
export const activationPatchingExperiment = defineExperiment({
  name: "activation_patching",
  order: 20,
  title: "How a head's prediction follows the neuron when the neuron is patched",
  schema: activationPatchingSchema,
  findings: patchingFindings,
  keyNumbers: ACTIVATION_PATCHING_KEY_NUMBERS,
  command: patchCommand,
  figures: activationPatchingFigures,
  points: ({ prompts, scale_factors }) => prompts.length * scale_factors.length,
});
