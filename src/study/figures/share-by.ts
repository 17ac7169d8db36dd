import type { PlotData } from "plotly.js";
import { THRESHOLDS } from "../../experiments/audit/thresholds";
import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "../../figures/template";
import { drawable, notEmpty } from "../../figures/validate";
import { cellText } from "../../text/cell";
import { count } from "../../text/count";
import { escapeHtml } from "../../text/escape-html";
import { shortenMiddle } from "../../text/shorten-middle";
import { columnInWords, type ShareGroup, shareGroups } from "../share-groups";
import type { StudyRow } from "../study-row";
import { beyondTraces, notShown, shareAxis } from "./share-axis";
import { headsWithShare, type SharedHead, verdictCounts, verdictTraces } from "./verdict-marks";

/** So many columns of points can be told apart. */
const MOST_GROUPS = { notebook: 20, column: 10 } as const;

/** The share of a column's width that its points spread over. */
const SPREAD = 0.56;

/** Successive multiples of it, without their whole part, fill an interval evenly. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

export interface ShareByOptions extends FigureOptions {
  /** A column of the table: `target_layer`, `head_type`, `layer_type`, or a training setting. */
  readonly by: string;
}

/**
 * Causal shares of heads by one column of a study's table: a layer, the kind of head, a training setting. A
 * point a head, by verdict; the bar is the median. A difference between columns is one between heads that
 * may differ in other things too.
 *
 * @throws {FigureError} when there is no such column, no head has a causal share, or a number is not finite
 *
 * @example
 * const { heads } = await runStudy(["models"]);
 * await showFigure(shareByFigure(heads, { by: "target_layer" }));
 */
export function shareByFigure(
  rows: readonly StudyRow[],
  { by, title, subtitle, size = "notebook" }: ShareByOptions,
): Figure {
  const known = headsWithShare(rows);
  drawable(
    "causal shares",
    known.map(({ share }) => share),
    (i) => known[i].name,
  );
  const all = shareGroups(rows, by).filter(({ median }) => median !== null);
  const groups = largestGroups(all, MOST_GROUPS[size]);
  const placeOf = new Map(groups.flatMap((group, x) => group.rows.map((row) => [row, x] as const)));
  const heads = known.filter(({ row }) => placeOf.has(row));
  const column = columnInWords(by);
  notEmpty(`The figure of shares by ${column}`, heads, "head with a causal share");
  const axis = shareAxis(heads.map(({ share }) => share));
  const beyond = heads.filter(({ share }) => axis.beyond(share) !== 0).length;
  const without = rows.filter(({ causal_share }) => causal_share === null).length;
  const others =
    all.length > groups.length ? `; the ${groups.length} commonest of ${all.length} values` : "";
  const left = `${others}${notShown(without, beyond)}`;
  const heading = title ?? `What do heads read, by ${column}?`;
  const said = groups.map(({ label, median, rows: those }) => {
    const drawn = those.filter(({ causal_share }) => causal_share !== null).length;
    return `${label}: median ${cellText(median)} of ${count(drawn, "head")}`;
  });
  const offsets = spread(heads, (head) => placeOf.get(head.row)!);
  return figure({
    title: escapeHtml(heading),
    subtitle: escapeHtml(
      subtitle ?? `A point a head, bars are medians; dashed: the half that a verdict takes${left}`,
    ),
    description: `${heading} Causal shares. ${said.join("; ")}${left}. Verdicts: ${verdictCounts(heads)}.`,
    height: 330 + ROOM_FOR_TITLE + ROOM_FOR_LEGEND[size] + 20,
    size,
    data: [
      medians(groups, axis.place),
      ...verdictTraces(
        heads,
        (head) => ({
          x: placeOf.get(head.row)! + offsets.get(head)!,
          y: axis.place(head.share),
        }),
        ({ row }) => escapeHtml(`${column}: ${row[by] === null ? "not said" : cellText(row[by])}`),
      ),
      ...beyondTraces(heads, axis, "y", (head) => placeOf.get(head.row)! + offsets.get(head)!),
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 20, b: ROOM_FOR_LEGEND[size] + 20, l: 60 },
      xaxis: {
        title: { text: escapeHtml(column) },
        range: [-0.6, groups.length - 0.4],
        tickvals: groups.map((_, x) => x),
        ticktext: groups.map(({ label }) => escapeHtml(shortenMiddle(label, 24))),
        showgrid: false,
        zeroline: false,
      },
      yaxis: { title: { text: "causal share" }, range: [...axis.range] },
      shapes: [
        {
          ...{ type: "line", layer: "below", xref: "paper", x0: 0, x1: 1 },
          ...{ y0: THRESHOLDS.share, y1: THRESHOLDS.share },
          line: { color: INK, width: 1, dash: "dash" },
        },
      ],
    },
  });
}

/** In their order. */
function largestGroups(groups: readonly ShareGroup[], most: number): readonly ShareGroup[] {
  const kept = [...groups].sort((a, b) => b.rows.length - a.rows.length).slice(0, most);
  return groups.filter((group) => kept.includes(group));
}

/** Points of a column stand beside each other, those of similar shares furthest. */
function spread(
  heads: readonly SharedHead[],
  columnOf: (head: SharedHead) => number,
): ReadonlyMap<SharedHead, number> {
  const counts = new Map<number, number>();
  const offsets = new Map<SharedHead, number>();
  for (const head of [...heads].sort((a, b) => a.share - b.share || a.place - b.place)) {
    const column = columnOf(head);
    const place = (counts.get(column) ?? 0) + 1;
    counts.set(column, place);
    offsets.set(head, (((place * GOLDEN) % 1) - 0.5) * SPREAD);
  }
  return offsets;
}

/** A bar a column; gaps lie between them. */
function medians(
  groups: readonly ShareGroup[],
  place: (share: number) => number,
): Partial<PlotData> {
  const half = SPREAD / 2 + 0.06;
  return {
    type: "scatter",
    mode: "lines",
    name: "median",
    x: groups.flatMap((_, x) => [x - half, x + half, null]),
    y: groups.flatMap(({ median }) => [place(median!), place(median!), null]),
    line: { color: INK, width: 3 },
    hoverinfo: "skip",
  };
}
