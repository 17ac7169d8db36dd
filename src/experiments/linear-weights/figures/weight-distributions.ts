import type { Layout, PlotData } from "plotly.js";
import { colourOf, type SeriesKind, withOpacity } from "../../../figures/colours";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { type Panel, panelGrid } from "../../../figures/panel-grid";
import { panelTitle } from "../../../figures/panel-title";
import { figure, ROOM_FOR_TITLES } from "../../../figures/template";
import { drawable, notEmpty } from "../../../figures/validate";
import { histogram } from "../../../stats/histogram";
import { vectorStatistics } from "../../../stats/vector-statistics";
import { escapeHtml } from "../../../text/escape-html";
import { formatNumber, withoutRounding } from "../../../text/format-number";

/** One panel: a weight vector. */
export interface WeightVector {
  /** What the vector is, e.g. `head's linear weights`. */
  readonly label: string;
  readonly kind: SeriesKind;
  /** `[d]` */
  readonly values: ArrayLike<number>;
}

export interface WeightDistributionsOptions extends FigureOptions {
  /** How many bins all panels share. */
  readonly bins?: number;
}

/** In pixels, its share of the gaps included. */
const PANEL_HEIGHT = 140;

/**
 * One histogram under the other, one for each vector, over the same bins and the same ranges of
 * both axes, so that widths and heights can be compared between panels.
 *
 * @throws {FigureError} when there is no vector, or one is empty or has a number that is not finite
 *
 * @example
 * weightDistributionsFigure([
 *   { label: "head's linear weights", kind: "head", values: linear },
 *   { label: "MLP input weights", kind: "mlp_input", values: mlpIn },
 *   { label: "MLP output weights", kind: "mlp_output", values: mlpOut },
 * ]);
 */
export function weightDistributionsFigure(
  vectors: readonly WeightVector[],
  {
    bins = 30,
    title = "How the weights are distributed",
    subtitle,
    size,
  }: WeightDistributionsOptions = {},
): Figure {
  notEmpty("weight_distributions", vectors, "vector");
  const lists = vectors.map(({ label, values }) => {
    notEmpty(`The panel "${label}"`, values, "weight");
    return drawable(label, values);
  });
  const { edges, counts } = histogram(lists, { bins });
  const statistics = lists.map(vectorStatistics);
  const isNarrow = size === "column";
  const roomForTitles = ROOM_FOR_TITLES + (isNarrow ? 12 : 0);
  const panels = panelGrid(vectors.length, { columns: 1, columnGap: 0, rowGap: 0.1 });
  const margin = (edges.at(-1)! - edges[0]!) / bins / 2;
  const range: [number, number] = [edges[0]! - margin, edges.at(-1)! + margin];
  const lengths = [...new Set(lists.map((list) => list.length))].join(" or ");

  return figure({
    title,
    subtitle:
      subtitle ?? `${lengths} weights each, the same ${bins} bins and ranges in every panel`,
    description: `${title}. ${vectors
      .map(({ label }, index) => {
        const { mean, std } = statistics[index]!;
        return `${label}: mean ${formatNumber(withoutRounding(mean, std))}, standard deviation ${formatNumber(std)}`;
      })
      .join("; ")}.`,
    height: PANEL_HEIGHT * vectors.length + roomForTitles + 56,
    size,
    data: vectors.map((vector, index) => bars(vector, edges, counts[index]!, panels[index]!)),
    layout: {
      margin: { t: roomForTitles, r: 24, b: 56, l: 64 },
      bargap: 0,
      ...Object.assign({}, ...panels.map((panel) => panelAxes(panel, range, counts.flat()))),
      annotations: vectors.map(({ label }, index) => {
        const { mean, std } = statistics[index]!;
        return panelTitle(
          `<b>${escapeHtml(label)}</b>${isNarrow ? "<br>" : "   "}mean ${formatNumber(withoutRounding(mean, std), 2)}, std ${formatNumber(std, 3)}`,
          0,
          panels[index]!.top,
          isNarrow ? 11 : 13,
        );
      }),
    },
  });
}

function bars(
  { label, kind }: WeightVector,
  edges: readonly number[],
  counts: readonly number[],
  { x, y }: Panel,
): Partial<PlotData> {
  const colour = colourOf(kind);
  const bins = counts.map((_, bin) => [edges[bin]!, edges[bin + 1]!] as const);
  return {
    type: "bar",
    name: escapeHtml(label),
    x: bins.map(([from, to]) => (from + to) / 2),
    y: [...counts],
    width: bins.map(([from, to]) => to - from),
    xaxis: x,
    yaxis: y,
    marker: { color: withOpacity(colour, 0.7), line: { color: colour, width: 1 } },
    customdata: bins.map((ends) => ends.map((end) => formatNumber(end))),
    hovertemplate: "%{y} weights<br>from %{customdata[0]} to %{customdata[1]}",
    showlegend: false,
  };
}

function panelAxes(
  panel: Panel,
  range: [number, number],
  counts: readonly number[],
): Partial<Layout> {
  return {
    [panel.xaxis]: {
      anchor: panel.y,
      range,
      matches: panel.isFirst ? undefined : "x",
      showticklabels: panel.isLowest,
      title: panel.isLowest ? { text: "weight" } : undefined,
    },
    [panel.yaxis]: {
      anchor: panel.x,
      domain: [panel.bottom, panel.top],
      range: [0, Math.max(...counts) * 1.05],
      matches: panel.isFirst ? undefined : "y",
      nticks: 5,
      title: { text: "count" },
    },
  };
}
