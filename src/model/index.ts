export { ActivationCache } from "./activation-cache";
export type { GPT2Config } from "./config";
export { getActName, type HookName, type NamesFilter } from "./hook-names";
export {
  type CacheOptions,
  type ForwardOptions,
  type FromPretrainedOptions,
  type HookedForwardOptions,
  HookedTransformer,
  type LogitsAndLoss,
  type ReturnType,
} from "./hooked-transformer";
export type { HookFunction, HookPoint, HookSpec } from "./hooks";
export {
  getWeight,
  linearisedReadDirection,
  mlpNeuronWeights,
  type NeuronWeights,
  weightNames,
} from "./named-weights";
export type { ModelInput, TokenOptions } from "./token-batch";
export { loadTokenizer, type Tokenizer } from "./tokenizer";
export type { WeightProcessing } from "./weight-processing";
