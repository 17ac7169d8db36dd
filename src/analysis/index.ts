export {
  describeHead,
  describeModel,
  listHeadTensors,
  listMlpWeights,
  listNeuronWeights,
  type TensorRow,
} from "./describe";
export { listTests, type TestRow, testsInWords } from "./list-tests";
export { type NotebookParameters, notebookParameters } from "./notebook-parameters";
export { type OpenHeadOptions, openHead } from "./open-head";
export { joinPromptSets, listPrompts, type PromptSet } from "./prompt-sets";
export { DEFAULT_PROMPTS, readPrompts, TEST_SENTENCES, VARIED_PROMPTS } from "./prompts";
