import type { FigureSize } from "./template";
import type { TitleOptions } from "./title-options";

/** What every figure function lets its caller choose. */
export interface FigureOptions extends TitleOptions {
  /**
   * `notebook` (the default) is 820 px wide: a notebook's column, and a paper's full width. `column`
   * is 420 px wide, with its panels one under the other: a column of a two-column paper, where at
   * 85 mm its letters are 7 points, and a phone. The size changes the layout only, never the data.
   */
  readonly size?: FigureSize;
}
