export { type CausalMapValues, causalMapFigure } from "./causal-map";
export type { SeriesKind } from "./colours";
export { type CorpusFigureOptions, type CorpusValues, corpusFigure } from "./corpus";
export {
  type DoseResponseFigureOptions,
  type DoseResponseValues,
  doseResponseFigure,
} from "./dose-response";
export type { Figure } from "./figure";
export type { FigureOptions } from "./figure-options";
export { type HeatmapOptions, heatmap } from "./heatmap";
export { learningCurvesFigure, type TrainingCurves } from "./learning-curves";
export { type LineOptions, type LineSeries, line } from "./line";
export type { LineFit } from "./line-fit";
export { type ScatterOptions, scatter } from "./scatter";
export type { FigureSize } from "./template";
export type { TitleOptions } from "./title-options";
export {
  examplesFigure,
  type TokenExample,
  type TokenRun,
  type TokenScaleOptions,
  tokensFigure,
} from "./tokens";
