export {
  type HeadExperiment,
  type HeadExperimentOptions,
  type Measurement,
  type PatchedMeasurement,
  patchHead,
} from "./head-experiment";
export { type Patch, type PatchKind, parsePatch } from "./patch";
export {
  type PromptFit,
  type ScalingExperiment,
  type ScalingExperimentOptions,
  scalingExperiment,
} from "./scaling-experiment";
