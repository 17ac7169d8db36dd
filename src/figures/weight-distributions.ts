import type { Annotations, Layout, PlotData } from "plotly.js";
import { histogram } from "../stats/histogram";
import { vectorStatistics } from "../stats/vector-statistics";
import { colourOf, type SeriesKind, withOpacity } from "./colours";
import { escapeHtml } from "./escape-html";
import type { Figure } from "./figure";
import { formatNumber } from "./format-number";
import { panelTitle } from "./panel-title";
import { figure, ROOM_FOR_TITLES } from "./template";
import type { TitleOptions } from "./title-options";
import { drawable, notEmpty } from "./validate";

/** One panel: a weight vector. */
export interface WeightVector {
  /** What the vector is, e.g. `head's linear weights`. */
  readonly label: string;
  readonly kind: SeriesKind;
  /** `[d]` */
  readonly values: ArrayLike<number>;
}

export interface WeightDistributionsOptions extends TitleOptions {
  /** How many bins all panels share. */
  readonly bins?: number;
}

const PANEL_HEIGHT = 150;
const GAP = 0.1;

/**
 * One histogram under the other, one for each vector, over the same bins and the same ranges of
 * both axes, so that widths and heights can be compared between panels.
 *
 * @throws {FigureError} when there is no vector, or one is empty or has a number that is not finite
 *
 * @example
 * weightDistributions([
 *   { label: "head's linear weights", kind: "head", values: linear },
 *   { label: "MLP input weights", kind: "mlp_input", values: mlpIn },
 *   { label: "MLP output weights", kind: "mlp_output", values: mlpOut },
 * ]);
 */
export function weightDistributions(
  vectors: readonly WeightVector[],
  {
    bins = 30,
    title = "How the weights are distributed",
    subtitle,
  }: WeightDistributionsOptions = {},
): Figure {
  notEmpty("weight_distributions", vectors, "vector");
  const lists = vectors.map(({ label, values }) => {
    notEmpty(`The panel "${label}"`, values, "weight");
    return drawable(label, values);
  });
  const { edges, counts } = histogram(lists, { bins });
  const width = edges[1]! - edges[0]!;
  const highest = Math.max(...counts.flat());

  const data: Partial<PlotData>[] = [];
  const axes: Record<string, unknown> = {};
  const annotations: Partial<Annotations>[] = [];
  const panel = (1 - GAP * (vectors.length - 1)) / vectors.length;
  vectors.forEach(({ label, kind }, index) => {
    const suffix = index === 0 ? "" : String(index + 1);
    const top = 1 - index * (panel + GAP);
    const isLast = index === vectors.length - 1;
    const colour = colourOf(kind);
    const { mean, std } = vectorStatistics(lists[index]!);
    data.push({
      type: "bar",
      name: escapeHtml(label),
      x: counts[index]!.map((_, bin) => (edges[bin]! + edges[bin + 1]!) / 2),
      y: counts[index]!,
      width,
      xaxis: `x${suffix}`,
      yaxis: `y${suffix}`,
      marker: { color: withOpacity(colour, 0.7), line: { color: colour, width: 1 } },
      customdata: counts[index]!.map((_, bin) => [
        formatNumber(edges[bin]!),
        formatNumber(edges[bin + 1]!),
      ]),
      hovertemplate: "%{y} weights<br>from %{customdata[0]} to %{customdata[1]}",
      showlegend: false,
    });
    axes[`xaxis${suffix}`] = {
      anchor: `y${suffix}`,
      range: [edges[0]! - width / 2, edges.at(-1)! + width / 2],
      matches: index === 0 ? undefined : "x",
      showticklabels: isLast,
      ...(isLast ? { title: { text: "weight" } } : {}),
    };
    axes[`yaxis${suffix}`] = {
      anchor: `x${suffix}`,
      domain: [Math.max(0, top - panel), top],
      range: [0, highest * 1.05],
      matches: index === 0 ? undefined : "y",
      nticks: 5,
      title: { text: "count" },
    };
    annotations.push(
      panelTitle(
        `<b>${escapeHtml(label)}</b>   mean ${formatNumber(mean, 2)}, std ${formatNumber(std, 3)}`,
        0,
        top,
      ),
    );
  });

  const dimensions = [...new Set(lists.map((list) => list.length))].join(", ");
  return figure({
    title,
    subtitle:
      subtitle ?? `${dimensions} weights each, the same ${bins} bins and ranges in every panel`,
    description: `${title}. ${vectors
      .map(({ label }, index) => {
        const { mean, std } = vectorStatistics(lists[index]!);
        return `${label}: mean ${formatNumber(mean)}, standard deviation ${formatNumber(std)}`;
      })
      .join("; ")}.`,
    height: 140 + PANEL_HEIGHT * vectors.length,
    data,
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 24, b: 56, l: 64 },
      bargap: 0,
      annotations,
      ...(axes as Partial<Layout>),
    },
  });
}
