export {
  type BaselineSummary,
  baselineBySet,
} from "../experiments/activation-patching/baseline-by-set";
export {
  type ActivationPatchingOptions,
  analyzeActivationPatching,
  type ControlOptions,
} from "../experiments/activation-patching/measure";
export {
  describeControls,
  listBaseline,
  listPatched,
  listScaling,
  listSlopes,
  patchingFindings,
  type SlopeRow,
} from "../experiments/activation-patching/tables";
export {
  analyzeLinearWeights,
  type LinearWeightsOptions,
} from "../experiments/linear-weights/measure";
export {
  describeGradient,
  type Finding,
  linearWeightsFindings,
  listDecompositions,
  listMostSimilar,
  listSimilarities,
  type SimilarityRow,
} from "../experiments/linear-weights/tables";
export {
  analyzeNeuronSweep,
  type NeuronSweepAnalysisOptions,
  sweepRuns,
} from "../experiments/neuron-sweep/measure";
export { listSweep, type SweepRow } from "../experiments/neuron-sweep/tables";
export {
  describeHead,
  describeModel,
  type Fact,
  listHeadTensors,
  listMlpWeights,
  listNeuronWeights,
  type TensorRow,
} from "./describe";
export { listTests, type TestRow } from "./list-tests";
export { type NotebookParameters, notebookParameters } from "./notebook-parameters";
export { type OpenHeadOptions, openHead } from "./open-head";
export { joinPromptSets, listPrompts, type PromptSet } from "./prompt-sets";
export { readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "./prompts";
