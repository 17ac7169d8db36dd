export type { SeriesKind } from "./colours";
export { directAndTotal } from "./direct-and-total";
export type { Figure } from "./figure";
export type { FigureOptions } from "./figure-options";
export { learningCurves, type TrainingCurves } from "./learning-curves";
export type { LineFit } from "./line-fit";
export { type MarkedNeuron, neuronSweep, type RankedNeurons } from "./neuron-sweep";
export { type PromptFit, perInputSensitivity } from "./per-input-sensitivity";
export { predVsActChangeAll } from "./pred-vs-act-change-all";
export { predVsActRegression } from "./pred-vs-act-regression";
export {
  type ActivationPatchingFigures,
  activationPatchingFigures,
  bySensitivity,
  type LinearWeightsFigures,
  linearWeightsFigures,
  listSensitivity,
  type NeuronSweepFigures,
  neuronSweepFigures,
  promptLabels,
} from "./result-figures";
export { scalingExperiment } from "./scaling-experiment";
export type { Readings, ScalingRuns } from "./scaling-runs";
export { similarityNulls } from "./similarity-nulls";
export { slopeEvidence } from "./slope-evidence";
export type { FigureSize } from "./template";
export type { TitleOptions } from "./title-options";
export { weightContributions } from "./weight-contributions";
export {
  type WeightDistributionsOptions,
  type WeightVector,
  weightDistributions,
} from "./weight-distributions";
export {
  type Similarity,
  type WeightSimilarityOptions,
  weightSimilarityComparison,
} from "./weight-similarity-comparison";
export { type VectorName, weightVectorsPca } from "./weight-vectors-pca";
