import type { Figure } from "../figures/figure";
import { type SaveFigureOptions, saveFigure } from "./save-figure";

/**
 * Writes several figures, each under its name.
 *
 * @returns the paths that were written
 * @throws FigureError as `saveFigure`
 */
export async function saveFigures(
  figures: Readonly<Record<string, Figure>> | object,
  options: SaveFigureOptions = {},
): Promise<string[]> {
  const paths: string[] = [];
  for (const [name, figure] of Object.entries(figures as Record<string, Figure>)) {
    paths.push(...(await saveFigure(figure, name, options)));
  }
  return paths;
}
