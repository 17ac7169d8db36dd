export { type FigureFormat, type SaveFigureOptions, saveFigure } from "./save-figure";
export { saveFigures } from "./save-figures";
export { type ShowFigureOptions, showFigure } from "./show-figure";
export { type Column, type ShowTableOptions, showTable } from "./show-table";
