import type { ActivationPatchingResult } from "../experiments/activation-patching/result";
import type { LinearWeightsResult } from "../experiments/linear-weights/result";
import type { NeuronSweepResult } from "../experiments/neuron-sweep/result";

/** The kinds of result, by the first part of their file names. */
export interface ResultByName {
  linear_weights_analysis: LinearWeightsResult;
  activation_patching: ActivationPatchingResult;
  neuron_sweep: NeuronSweepResult;
}

/** "linear_weights_analysis", "activation_patching" or "neuron_sweep". */
export type ResultName = keyof ResultByName;
