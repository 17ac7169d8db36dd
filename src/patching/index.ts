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
export { type Patch, type PatchKind, parsePatch } from "./patch";
export type { PatchedNumber } from "./patch-job";
export { type PatchOptions, type PatchResult, patch } from "./patch-variants";
export { type PathPatching, type PathPatchingOptions, pathPatching } from "./path-patching";
export {
  type ActivationReading,
  activationReadout,
  combinedReadout,
  type LogitMetric,
  metricReadout,
  type PatchedRow,
  predictionReadout,
  type Readable,
  type Readout,
  type RoundedPrediction,
  roundedPredictionReadout,
} from "./readout";
export {
  type PromptFit,
  type ScalingExperiment,
  type ScalingExperimentOptions,
  scalingExperiment,
} from "./scaling-experiment";
export type { PatchPosition, PatchValues, Place, SiteEdit, SitePatch, Variant } from "./site";
