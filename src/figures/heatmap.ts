import type { PlotData } from "plotly.js";
import { FigureError } from "../errors";
import { escapeHtml } from "../text/escape-html";
import { type AxesOptions, rangeText, roomAbove } from "./axes-options";
import { colourKey, DIVERGING, diverges, keyName } from "./diverging";
import { extent } from "./extent";
import type { Figure } from "./figure";
import { figure } from "./template";
import { labelsOf, notEmpty, numbersOrGaps, sameLength } from "./validate";

export interface HeatmapOptions extends AxesOptions {
  /** `[column]` and `[row]` what stands along the axes; their numbers if not given. */
  readonly x?: ArrayLike<number | string>;
  readonly y?: ArrayLike<number | string>;
  /** What the numbers are. */
  readonly valueTitle?: string;
  /** Colours around 0; where there are numbers of both signs, unless told otherwise. */
  readonly diverging?: boolean;
}

/** More cells than a figure has points take Plotly seconds, and a notebook a hundred megabytes. */
const MOST_NUMBERS = 1_000_000;

/** In pixels. */
const ROW = { least: 14, most: 30 } as const;
const PANEL = { least: 160, most: 620 } as const;
const ROOM_BELOW = 120;

/**
 * A heat map of a caller's own numbers, the first row at the top.
 *
 * @param values `[row][column]`; null is a gap
 * @throws {FigureError} when there is no number, or more than a million, rows or labels differ in length, or something is neither a
 *   finite number nor null
 *
 * @example
 * const grid = await causalMap(head, "The king said to his");
 * await showFigure(heatmap(grid.mlp, { x: grid.strTokens, y: grid.layers, yTitle: "block" }));
 */
export function heatmap(
  values: readonly ArrayLike<number | null>[],
  { x, y, valueTitle = "value", diverging, ...options }: HeatmapOptions = {},
): Figure {
  if (!Array.isArray(values)) {
    throw new FigureError("The heat map is not a list of rows", {
      found: values === null ? "null" : typeof values,
      expected: "rows of numbers, null for a gap",
    });
  }
  notEmpty("The heat map", values, "row");
  const given = values.reduce((count, row) => count + (row?.length ?? 0), 0);
  if (given > MOST_NUMBERS) {
    throw new FigureError("The heat map has more numbers than can be drawn", {
      found: `${values.length} rows, ${given} numbers`,
      expected: `at most ${MOST_NUMBERS}`,
      remedy: "Draw means of neighbouring cells, or a part of it.",
    });
  }
  const rows = values.map((row, i) => numbersOrGaps(`row ${i}`, row));
  const columns = rows[0].length;
  notEmpty("The heat map", rows[0], "column");
  rows.forEach((row, i) => {
    sameLength(`row ${i}`, row, columns, "column");
  });
  const numbers = rows.flat().filter((value) => value !== null);
  notEmpty("The heat map", numbers, "number");
  const [low, high] = extent(numbers);
  const isDiverging = diverging ?? (low < 0 && high > 0);
  const end = diverges(numbers);
  const size = options.size ?? "notebook";
  const { title = "", subtitle = "", xTitle, yTitle } = options;
  const panel = Math.min(
    Math.max(Math.min(Math.max(400 / rows.length, ROW.least), ROW.most) * rows.length, PANEL.least),
    PANEL.most,
  );
  const xAxis = axisOf("x", x, columns, "column");
  const yAxis = axisOf("y", y, rows.length, "row");
  const names = (axis: typeof xAxis, i: number) => escapeHtml(String(axis.labels[i]));
  const [across, down] = [xTitle ?? "x", yTitle ?? "y"].map(escapeHtml);
  const above = roomAbove({ title, subtitle });
  return figure({
    title,
    subtitle,
    description:
      options.description ??
      `${title || "Heat map"}: ${rows.length} × ${columns} numbers, ${valueTitle} ${rangeText(numbers)}.`,
    height: above + panel + ROOM_BELOW,
    size,
    data: [
      {
        ...{ type: "heatmap", name: valueTitle, coloraxis: "coloraxis", hoverongaps: false },
        ...{ x: [...rows[0].keys()], y: [...rows.keys()], z: rows },
        text: rows.map((row, i) =>
          row.map((_, j) => `${across} ${names(xAxis, j)}<br>${down} ${names(yAxis, i)}`),
        ),
        hovertemplate: `%{text}<br>${escapeHtml(valueTitle)} %{z:.4g}<extra></extra>`,
      } as unknown as Partial<PlotData>,
    ],
    layout: {
      margin: { t: above, r: 20, b: ROOM_BELOW, l: 64 },
      xaxis: {
        ...xAxis.layout,
        ...(xTitle !== undefined && { title: { text: escapeHtml(xTitle) } }),
      },
      yaxis: {
        ...yAxis.layout,
        autorange: "reversed",
        ...(yTitle !== undefined && { title: { text: escapeHtml(yTitle) } }),
      },
      annotations: [keyName(escapeHtml(valueTitle), ROOM_BELOW)],
      coloraxis: {
        ...(isDiverging
          ? { colorscale: DIVERGING, cmin: -end, cmax: end }
          : {
              colorscale: "Viridis",
              reversescale: true,
              cmin: low,
              cmax: high === low ? low + 1 : high,
            }),
        colorbar: colourKey(size === "column" ? 0.6 : 0.34),
      },
    } as never,
  });
}

/** More names do not fit along an axis. */
const MOST_NAMES = 40;

function axisOf(axis: string, given: unknown, count: number, unit: string) {
  const labels =
    given === undefined
      ? Array.from({ length: count }, (_, i) => i)
      : labelsOf(axis, given, count, unit);
  const every = Math.ceil(count / MOST_NAMES);
  const tickvals = labels.map((_, i) => i).filter((i) => i % every === 0);
  const ticktext = tickvals.map((i) => escapeHtml(String(labels[i])));
  return { labels, layout: { tickvals, ticktext, showgrid: false, zeroline: false } };
}
