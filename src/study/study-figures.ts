import type { Figure } from "../figures/figure";
import type { FigureOptions } from "../figures/figure-options";
import { atlasFigure } from "./figures/atlas";
import { forestFigure } from "./figures/forest";
import type { StudyRow } from "./study-row";

/** A study's figures by name: none where no head has what they draw. */
export function studyFigures(
  rows: readonly StudyRow[],
  { size }: Pick<FigureOptions, "size"> = {},
): Readonly<Record<string, Figure>> {
  const shared = rows.filter(({ causal_share }) => causal_share !== null);
  return {
    ...(shared.some(({ r }) => r !== null) && { atlas: atlasFigure(rows, { size }) }),
    ...(shared.length > 0 && { forest: forestFigure(rows, { size }) }),
  };
}
