export type {
  Controls,
  DirectEffect,
  Fit,
  LabelControl,
  NeuronControl,
  QuantileExperiment,
  SlopeEvidence,
} from "../experiments/activation-patching/evidence";
export type {
  ActivationPatchingResult,
  PatchedRun,
} from "../experiments/activation-patching/result";
export type { LinearWeightsResult } from "../experiments/linear-weights/result";
export type {
  Decomposition,
  GradientSummary,
  SimilarityTest,
} from "../experiments/linear-weights/similarity-evidence";
export type {
  NeuronSweepResult,
  SweepTarget,
  SweptNeurons,
} from "../experiments/neuron-sweep/result";
export type {
  Interval,
  NullDistribution,
  Rank,
  RunPrompt,
  TestedClaim,
} from "./evidence-parts";
export { type JsonSchema, resultJsonSchema } from "./json-schema";
export type { ResultByName, ResultName } from "./result-by-name";
export type { Provenance } from "./schema-parts";
export { SCHEMA_VERSION } from "./schema-version";
export { serializeResult } from "./serialize-result";
export { timestamp } from "./timestamp";
export { type WriteResultOptions, type WrittenResult, writeResult } from "./write-result";
