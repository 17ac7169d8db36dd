import type { PlotData } from "plotly.js";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { type AxesOptions, rangeText, roomAbove } from "./axes-options";
import { COLOURWAY, withOpacity } from "./colours";
import type { Figure } from "./figure";
import { figure } from "./template";
import { labelsOf, notEmpty, numbersOrGaps, sameLength } from "./validate";

export interface ScatterOptions extends AxesOptions {
  /** `[point]` what stands beside a point where the pointer is. */
  readonly names?: ArrayLike<number | string>;
}

const PANEL = 340;
const ROOM_BELOW = 58;

/**
 * Points of a caller's own numbers.
 *
 * @param x `[point]`
 * @param y `[point]`; a point with null in either is not drawn
 * @throws {FigureError} when there is no point, x and y or names differ in length, or something is neither
 *   a finite number nor null
 *
 * @example
 * const [run] = await head.run("Once upon a time");
 * await showFigure(
 *   scatter(run.activation, run.prediction, {
 *     names: run.strTokens,
 *     xTitle: "activation",
 *     yTitle: "prediction",
 *   }),
 * );
 */
export function scatter(
  x: ArrayLike<number | null>,
  y: ArrayLike<number | null>,
  { names, title = "", subtitle = "", size = "notebook", ...options }: ScatterOptions = {},
): Figure {
  const { xTitle, yTitle, description } = options;
  const [xs, ys] = [numbersOrGaps("x", x), numbersOrGaps("y", y)];
  sameLength("y", ys, xs.length, "number in x");
  const drawn = [...xs.keys()].filter((i) => xs[i] !== null && ys[i] !== null);
  notEmpty("The scatter plot", drawn, "point");
  const labels = names && labelsOf("points", names, xs.length, "point");
  const of = <T>(values: readonly T[]) => drawn.map((i) => values[i]);
  const [across, up] = [xTitle ?? "x", yTitle ?? "y"];
  const above = roomAbove({ title, subtitle });
  return figure({
    title,
    subtitle,
    description:
      description ??
      `${title || "Scatter plot"}: ${count(drawn.length, "point")}, ${across} ${rangeText(of(xs))}, ${up} ${rangeText(of(ys))}.`,
    height: above + PANEL + ROOM_BELOW,
    size,
    data: [
      {
        ...{ type: "scatter", mode: "markers", name: "points", showlegend: false },
        ...{ x: of(xs), y: of(ys) },
        marker: {
          color: withOpacity(COLOURWAY[0], Math.min(Math.max(100 / drawn.length, 0.2), 0.8)),
          size: 7,
        },
        ...(labels && { text: of(labels).map((label) => escapeHtml(String(label))) }),
        hovertemplate: `${labels ? "<b>%{text}</b><br>" : ""}${escapeHtml(across)} %{x:.4g}<br>${escapeHtml(up)} %{y:.4g}<extra></extra>`,
      } as Partial<PlotData>,
    ],
    layout: {
      margin: { t: above, r: 24, b: ROOM_BELOW, l: 72 },
      xaxis: xTitle === undefined ? {} : { title: { text: escapeHtml(xTitle) } },
      yaxis: yTitle === undefined ? {} : { title: { text: escapeHtml(yTitle) } },
    },
  });
}
