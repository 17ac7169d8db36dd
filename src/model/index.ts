export { ActivationCache, type CachedModel } from "./activation-cache";
export type { AttentionMask, PaddingSide } from "./attention-mask";
export type { AxisSlice } from "./axis-slice";
export type { ModelConfig } from "./config";
export type { LayerKeysValues } from "./forward";
export type { GenerateOptions } from "./generate";
export {
  type CachedName,
  getActName,
  type HookName,
  type HookPointName,
  type LayerNormName,
  type LayerNormShortName,
  type ShortName,
} from "./hook-names";
export type { HookDict, HookPoint, NamesFilter } from "./hook-points";
export type { Axis, Write } from "./hook-table";
export {
  type CacheOptions,
  type ForwardOptions,
  type FromPretrainedOptions,
  type FromTensorsOptions,
  type HookedForwardOptions,
  HookedTransformer,
  type LogitsAndLoss,
  type Loss,
  type ReturnType,
  type RunResult,
} from "./hooked-transformer";
export type { HookFunction, HookSpec } from "./hooks";
export { KeyValueCache } from "./key-value-cache";
export type { LocateModelOptions } from "./locate-model";
export type { LogitAttrsOptions, LogitLensOptions, TokenChoice } from "./logit-attribution";
export {
  type MlpVectors,
  mlpVectors,
  type ReadDirections,
  rawMlpVectors,
  readDirections,
} from "./mlp-vectors";
export type { ModelParts } from "./model-parts";
export {
  getWeight,
  linearisedReadDirection,
  mlpNeuronWeights,
  type NeuronWeights,
  type WeightedModel,
  weightNames,
} from "./named-weights";
export { openBase } from "./open-base";
export type {
  AccumulatedResidOptions,
  ApplyLnOptions,
  DecomposeResidOptions,
  LabelledStack,
  StackHeadResultsOptions,
  StackLayer,
} from "./residual-stack";
export type { RunInputOptions } from "./run-input";
export type { ModelInput, PromptEncoder, TokenOptions } from "./token-batch";
export { loadTokenizer, type Tokenizer } from "./tokenizer";
export type { WeightProcessing } from "./weight-processing";
export type {
  AttentionWeights,
  BlockWeights,
  EmbeddingWeights,
  MLPWeights,
  ModelWeights,
  NormWeights,
  UnembeddingWeights,
} from "./weights";
export { writeDirection } from "./write-direction";
