import { plainFigure } from "../display/plain-figure";
import type { Figure } from "../figures/figure";
import type { FigureSize } from "../figures/template";
import type { Figures } from "./explorer";

/** A figure in both sizes; what texts in it say is text, and never a tag. */
export function inSizes(draw: (size: FigureSize) => Figure): Figures {
  return { notebook: plainFigure(draw("notebook")), column: plainFigure(draw("column")) };
}
