export { closeBrowser } from "./browser";
export type { SeriesKind } from "./colours";
export type { Figure } from "./figure";
export type { LineFit } from "./line-fit";
export {
  type PerInputSensitivity,
  type PromptFit,
  perInputSensitivity,
} from "./per-input-sensitivity";
export { type PredVsActChangeAll, predVsActChangeAll } from "./pred-vs-act-change-all";
export { type PredVsActRegression, predVsActRegression } from "./pred-vs-act-regression";
export { type FigureFormat, type SaveFigureOptions, saveFigure } from "./save-figure";
export { type ScalingExperiment, scalingExperiment } from "./scaling-experiment";
export type { Readings, ScalingRuns } from "./scaling-runs";
export { type ShowFigureOptions, showFigure } from "./show-figure";
export { type Cell, type Column, type ShowTableOptions, showTable } from "./show-table";
export {
  type WeightDistributions,
  type WeightVector,
  weightDistributions,
} from "./weight-distributions";
export {
  type Similarity,
  type WeightSimilarityComparison,
  weightSimilarityComparison,
} from "./weight-similarity-comparison";
export { type WeightVectorsPca, weightVectorsPca } from "./weight-vectors-pca";
