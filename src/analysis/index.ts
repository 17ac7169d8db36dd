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
  listNeuronWeights,
  type TensorRow,
} from "./describe";
export { analyzeLinearWeights, type LinearWeightsOptions } from "./linear-weights-analysis";
export { listTests, type TestRow } from "./list-tests";
export {
  analyzeNeuronSweep,
  type NeuronSweepAnalysisOptions,
  sweepRuns,
} from "./neuron-sweep-analysis";
export { type NotebookParameters, notebookParameters } from "./notebook-parameters";
export { type OpenHeadOptions, openHead } from "./open-head";
export {
  describeControls,
  listBaseline,
  listPatched,
  listScaling,
  listSlopes,
  patchingFindings,
  type SlopeRow,
} from "./patching-tables";
export { joinPromptSets, listPrompts, type PromptSet } from "./prompt-sets";
export { readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "./prompts";
export { listSweep, type SweepRow } from "./sweep-table";
export {
  describeGradient,
  type Finding,
  linearWeightsFindings,
  listDecompositions,
  listMostSimilar,
  listSimilarities,
  type SimilarityRow,
} from "./weights-tables";
