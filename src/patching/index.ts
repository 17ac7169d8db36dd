export { type AblateOptions, type AblationKind, type AblationResult, ablate } from "./ablate";
export * from "./activation-patching";
export {
  type AttributionPatching,
  type AttributionPatchingOptions,
  attributionPatching,
  type DifferentiableMetric,
  sweepCorrelation,
} from "./attribution-patching";
export { DEFAULT_MAX_BYTES } from "./clean-run";
export { type CleanRuns, type CleanRunsOptions, cleanRuns } from "./clean-runs";
export {
  type DoseResponse,
  type DoseResponseOptions,
  doseResponse,
  type TextResponse,
} from "./dose-response";
export {
  type HeadExperiment,
  type HeadExperimentOptions,
  type Measurement,
  type PatchedMeasurement,
  patchHead,
} from "./head-experiment";
export {
  everyLayer,
  type NeuronSweep,
  type NeuronSweepOptions,
  neuronSweep,
  type SweptHook,
} from "./neuron-sweep";
export { type PatchOptions, type PatchResult, patch } from "./patch";
export type { PatchedNumber } from "./patch-job";
export { type Patch, type PatchKind, parsePatch } from "./patch-kinds";
export { type PathPatching, type PathPatchingOptions, pathPatching } from "./path-patching";
export type {
  PatchedPlace,
  PatchPosition,
  PatchValues,
  Place,
  Variant,
  VectorPatch,
} from "./place";
export {
  type ActivationReading,
  activationReadout,
  combinedReadout,
  type LogitMetric,
  metricReadout,
  type PatchedRow,
  predictionReadout,
  type Readout,
  type ReadoutInput,
  type RoundedPrediction,
  roundedPredictionReadout,
} from "./readout";
export {
  type PromptLine,
  type ScalingExperiment,
  type ScalingExperimentOptions,
  scalingExperiment,
} from "./scaling-experiment";
