export { directAndTotalFigure } from "../experiments/activation-patching/figures/direct-and-total";
export {
  type PromptFit,
  perInputSensitivityFigure,
} from "../experiments/activation-patching/figures/per-input-sensitivity";
export { predVsActChangeAllFigure } from "../experiments/activation-patching/figures/pred-vs-act-change-all";
export { predVsActRegressionFigure } from "../experiments/activation-patching/figures/pred-vs-act-regression";
export { scalingExperimentFigure } from "../experiments/activation-patching/figures/scaling-experiment";
export type {
  Readings,
  ScalingRuns,
} from "../experiments/activation-patching/figures/scaling-runs";
export { slopeEvidenceFigure } from "../experiments/activation-patching/figures/slope-evidence";
export { similarityNullsFigure } from "../experiments/linear-weights/figures/similarity-nulls";
export { weightContributionsFigure } from "../experiments/linear-weights/figures/weight-contributions";
export {
  type WeightDistributionsOptions,
  type WeightVector,
  weightDistributionsFigure,
} from "../experiments/linear-weights/figures/weight-distributions";
export {
  type Similarity,
  type WeightSimilarityOptions,
  weightSimilarityComparisonFigure,
} from "../experiments/linear-weights/figures/weight-similarity-comparison";
export {
  type VectorName,
  weightVectorsPcaFigure,
} from "../experiments/linear-weights/figures/weight-vectors-pca";
export {
  type MarkedNeuron,
  neuronSweepFigure,
  type RankedNeurons,
} from "../experiments/neuron-sweep/figures/neuron-sweep";
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
} from "../experiments/result-figures";
export type { SeriesKind } from "./colours";
export type { Figure } from "./figure";
export type { FigureOptions } from "./figure-options";
export { learningCurvesFigure, type TrainingCurves } from "./learning-curves";
export type { LineFit } from "./line-fit";
export type { FigureSize } from "./template";
export type { TitleOptions } from "./title-options";
