export {
  type ActivationPatchingOptions,
  analyzeActivationPatching,
  type ControlOptions,
} from "./activation-patching-analysis";
export { type BaselineSummary, baselineBySet } from "./baseline-by-set";
export {
  describeHead,
  describeModel,
  type Fact,
  listHeadTensors,
  listMlpWeights,
  type TensorRow,
} from "./describe";
export { analyzeLinearWeights, type LinearWeightsOptions } from "./linear-weights-analysis";
export { type NotebookParameters, notebookParameters } from "./notebook-parameters";
export { type OpenHeadOptions, openHead } from "./open-head";
export { readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "./prompts";
export type { Prompt } from "./run-prompts";
