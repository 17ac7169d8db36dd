export type {
  ActivationPatchingResult,
  PatchedRun,
} from "./activation-patching-result";
export type {
  Interval,
  NullDistribution,
  Rank,
  RunPrompt,
  TestedClaim,
} from "./evidence-parts";
export { type JsonSchema, resultJsonSchema } from "./json-schema";
export type { LinearWeightsResult } from "./linear-weights-result";
export type { NeuronSweepResult, SweepTarget, SweptNeurons } from "./neuron-sweep-result";
export type {
  Controls,
  DirectEffect,
  Fit,
  LabelControl,
  NeuronControl,
  QuantileExperiment,
  SlopeEvidence,
} from "./patching-evidence";
export type { Provenance } from "./provenance";
export type { ResultByName, ResultName } from "./result-by-name";
export { SCHEMA_VERSION } from "./schema-version";
export { serializeResult } from "./serialize-result";
export type { Decomposition, GradientSummary, SimilarityTest } from "./similarity-evidence";
export { timestamp } from "./timestamp";
export { type WriteResultOptions, type WrittenResult, writeResult } from "./write-result";
