import type { ActivationPatchingResult } from "./activation-patching-result";
import type { LinearWeightsResult } from "./linear-weights-result";

/** The kinds of result, by the first part of their file names. */
export interface ResultByName {
  linear_weights_analysis: LinearWeightsResult;
  activation_patching: ActivationPatchingResult;
}

/** "linear_weights_analysis" or "activation_patching". */
export type ResultName = keyof ResultByName;
