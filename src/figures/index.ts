export type { SeriesKind } from "./colours";
export type { Figure } from "./figure";
export type { FigureOptions } from "./figure-options";
export { learningCurvesFigure, type TrainingCurves } from "./learning-curves";
export type { LineFit } from "./line-fit";
export type { FigureSize } from "./template";
export type { TitleOptions } from "./title-options";
