import type { PlotData } from "plotly.js";
import { THRESHOLDS } from "../../experiments/audit/thresholds";
import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "../../figures/template";
import { drawable, notEmpty } from "../../figures/validate";
import { count } from "../../text/count";
import { escapeHtml } from "../../text/escape-html";
import { shortenMiddle } from "../../text/shorten-middle";
import type { StudyRow } from "../study-row";
import { beyondTraces, notShown, type ShareAxis, shareAxis } from "./share-axis";
import { headsWithShare, type SharedHead, verdictCounts, verdictTraces } from "./verdict-marks";

/** A row's height in pixels, and as many as are as high; more share that room. */
const ROW = 19;
const MOST_NAMED = 50;

const NAME = { notebook: 34, column: 22 } as const;

/**
 * The causal share of every head with its 95% interval, the largest at the top, beside the half that a
 * verdict takes. More than 50 heads share one height: Plotly names as many as there is room for, all of
 * them where one zooms in.
 *
 * @throws {FigureError} when no head has a causal share, or a number is not finite
 *
 * @example
 * const { heads } = await runStudy(["models"]);
 * await showFigure(forestFigure(heads));
 */
export function forestFigure(
  rows: readonly StudyRow[],
  {
    title = "How much of what each head knows comes from the neuron itself?",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const heads = headsWithShare(rows).sort((a, b) => a.share - b.share || b.place - a.place);
  notEmpty("The forest plot", heads, "head with a causal share");
  drawable(
    "causal shares",
    heads.map(({ share }) => share),
    (i) => heads[i].name,
  );
  const axis = shareAxis(heads.map(({ share }) => share));
  const labels = uniqueLabels(heads, NAME[size]);
  const labelOf = new Map(heads.map((head, i) => [head, labels[i]]));
  const beyond = heads.filter(({ share }) => axis.beyond(share) !== 0).length;
  const bare = heads.filter(({ row }) => !hasInterval(row)).length;
  const left = `${bare > 0 ? `; ${bare} without an interval` : ""}${notShown(rows.length - heads.length, beyond)}`;
  const above = heads.filter(({ row }) => (row.causal_share_low ?? -1) >= THRESHOLDS.share).length;
  return figure({
    title,
    subtitle:
      subtitle ??
      `Causal share of ${count(heads.length, "head")} with 95% intervals over texts; dashed: the half that a verdict takes${left}`,
    description: `${title} ${count(heads.length, "head")} by causal share, from ${heads[0].share.toFixed(2)} to ${heads.at(-1)!.share.toFixed(2)}; the intervals of ${above} lie above ${THRESHOLDS.share}${left}. Verdicts: ${verdictCounts(heads)}.`,
    height:
      ROW * Math.min(heads.length + 1, MOST_NAMED) + ROOM_FOR_TITLE + ROOM_FOR_LEGEND[size] + 20,
    size,
    data: [
      // First, so that it decides the order of the rows.
      intervals(heads, labels, axis),
      ...verdictTraces(heads, (head) => ({
        x: axis.place(head.share),
        y: labelOf.get(head)!,
      })),
      ...beyondTraces(heads, axis, "x", (head) => labelOf.get(head)!),
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 20, b: ROOM_FOR_LEGEND[size] + 20, l: 60 },
      xaxis: { title: { text: "causal share (1: all of it, 0: none)" }, range: [...axis.range] },
      yaxis: {
        type: "category",
        range: [-0.8, heads.length - 0.2],
        tickfont: { size: 11 },
        ...(heads.length <= MOST_NAMED && { dtick: 1 }),
        ticks: "",
        showgrid: heads.length <= MOST_NAMED,
      },
      shapes: [
        {
          ...{ type: "line", layer: "below", yref: "paper", y0: 0, y1: 1 },
          ...{ x0: THRESHOLDS.share, x1: THRESHOLDS.share },
          line: { color: INK, width: 1.5, dash: "dash" },
        },
      ],
    },
  });
}

/** Grey bars; an end that is unbounded or beyond the axis lies at the axis's edge. */
function intervals(
  heads: readonly SharedHead[],
  labels: readonly string[],
  axis: ShareAxis,
): Partial<PlotData> {
  const [left, right] = axis.range;
  const clipped = (value: number) => Math.min(Math.max(value, left), right);
  const ends = heads.map(({ row, share }) => {
    const { causal_share_low: low, causal_share_high: high } = row;
    const at = axis.place(share);
    if (!hasInterval(row)) return { at, minus: 0, plus: 0 };
    return {
      at,
      minus: Math.max(at - (low === null ? left : clipped(low)), 0),
      plus: Math.max((high === null ? right : clipped(high)) - at, 0),
    };
  });
  return {
    type: "scatter",
    mode: "markers",
    name: "95% interval",
    showlegend: false,
    hoverinfo: "skip",
    x: ends.map(({ at }) => at),
    y: [...labels],
    marker: { size: 1, color: "#8A8A8A" },
    error_x: {
      type: "data",
      symmetric: false,
      array: ends.map(({ plus }) => plus),
      arrayminus: ends.map(({ minus }) => minus),
      ...{ color: "#8A8A8A", thickness: 1.5, width: heads.length <= MOST_NAMED ? 3 : 0 },
    },
  };
}

/** One end alone is missing where it is unbounded. */
function hasInterval({ causal_share_low, causal_share_high }: StudyRow): boolean {
  return causal_share_low !== null || causal_share_high !== null;
}

/** Rows of one name would be one row. */
function uniqueLabels(heads: readonly SharedHead[], limit: number): string[] {
  const seen = new Map<string, number>();
  return heads.map(({ name }) => {
    const short = name.replace(/(^|\/)neuron_(?=l\d)/, "$1");
    const label = escapeHtml(shortenMiddle(short, limit));
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return times === 1 ? label : `${label} (${times})`;
  });
}
