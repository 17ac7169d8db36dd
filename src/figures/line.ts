import { FigureError } from "../errors";
import { count } from "../text/count";
import { escapeHtml } from "../text/escape-html";
import { type AxesOptions, rangeText, roomAbove } from "./axes-options";
import { COLOURWAY } from "./colours";
import type { Figure } from "./figure";
import { figure, ROOM_FOR_LEGEND } from "./template";
import { labelsOf, notEmpty, numbersOrGaps } from "./validate";

/** One line. */
export interface LineSeries {
  readonly name?: string;
  /** Where its points stand; 0, 1, 2 … if not given. */
  readonly x?: ArrayLike<number | string>;
  /** null is a gap. */
  readonly y: ArrayLike<number | null>;
}

export interface LineOptions extends AxesOptions {
  /** Where the points of all lines stand that have no `x` of their own. */
  readonly x?: ArrayLike<number | string>;
}

const PANEL = 320;

/**
 * Lines of a caller's own numbers.
 *
 * @param series the numbers of one line, or several lines
 * @throws {FigureError} when there is no point, a line's x and y differ in length, or something is neither
 *   a finite number nor null
 *
 * @example
 * const [run] = await head.run("Once upon a time");
 * await showFigure(
 *   line([
 *     { name: "activation", y: run.activation },
 *     { name: "prediction", y: run.prediction },
 *   ]),
 * );
 */
export function line(
  series: ArrayLike<number | null> | readonly LineSeries[],
  {
    x,
    title = "",
    subtitle = "",
    size = "notebook",
    xTitle,
    yTitle,
    description,
  }: LineOptions = {},
): Figure {
  const lines = linesOf(series).map(({ name, x: ownX, y }, i) => {
    const called = name ?? `line ${i}`;
    const values = numbersOrGaps(called, y);
    notEmpty(`"${called}"`, values, "point");
    const at = ownX ?? x;
    const places =
      at === undefined
        ? [...values.keys()]
        : labelsOf(`x of ${called}`, at, values.length, "point");
    return { called, values, places };
  });
  const all = lines.flatMap(({ values }) => values);
  const isNamed = lines.length > 1 || linesOf(series)[0].name !== undefined;
  const above = roomAbove({ title, subtitle });
  return figure({
    title,
    subtitle,
    description:
      description ??
      `${title || "Line chart"}: ${count(lines.length, "line")}, ${yTitle ?? "values"} ${rangeText(all)}.`,
    height: above + PANEL + ROOM_FOR_LEGEND[size],
    size,
    data: lines.map(({ called, values, places }, i) => ({
      ...{ type: "scatter", mode: values.length > 1 ? "lines+markers" : "markers" },
      ...{ name: escapeHtml(called), showlegend: isNamed, connectgaps: false },
      ...{ x: places, y: values },
      line: { color: COLOURWAY[i % COLOURWAY.length], width: 2 },
      marker: { size: 5, color: COLOURWAY[i % COLOURWAY.length] },
      hovertemplate: `${escapeHtml(called)}<br>%{x}: %{y:.4g}<extra></extra>`,
    })),
    layout: {
      margin: { t: above, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      xaxis: xTitle === undefined ? {} : { title: { text: escapeHtml(xTitle) } },
      yaxis: yTitle === undefined ? {} : { title: { text: escapeHtml(yTitle) } },
    },
  });
}

function linesOf(series: ArrayLike<number | null> | readonly LineSeries[]): readonly LineSeries[] {
  const isList = Array.isArray(series) || ArrayBuffer.isView(series);
  if (!isList) {
    throw new FigureError("There are no lines to draw", {
      found: series === null ? "null" : typeof series,
      expected: "a list of numbers, or of { name, x, y }",
    });
  }
  notEmpty("The line chart", series, "point");
  const first: unknown = series[0];
  const isSeveral = typeof first === "object" && first !== null;
  if (!isSeveral) return [{ y: series as ArrayLike<number | null> }];
  const lines = series as readonly LineSeries[];
  const other = lines.findIndex((one) => typeof one !== "object" || one === null || !("y" in one));
  if (other === -1) return lines;
  throw new FigureError(`Line ${other} has no y`, { expected: "{ name, x, y } of each line" });
}
