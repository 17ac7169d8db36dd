export {
  type HeadExperiment,
  type HeadExperimentOptions,
  type Measurement,
  type PatchedMeasurement,
  patchHead,
} from "./head-experiment";
export { type Patch, type PatchKind, parsePatch } from "./patch";
export type { PatchedNumber } from "./patch-job";
export { DEFAULT_MAX_BYTES, type PatchOptions, type PatchResult, patch } from "./patch-variants";
export {
  type ActivationReading,
  activationReadout,
  type LogitMetric,
  metricReadout,
  type PatchedRow,
  predictionReadout,
  type Readout,
} from "./readout";
export {
  type PromptFit,
  type ScalingExperiment,
  type ScalingExperimentOptions,
  scalingExperiment,
} from "./scaling-experiment";
export type { PatchPosition, PatchValues, SiteEdit, SitePatch, Variant } from "./site";
