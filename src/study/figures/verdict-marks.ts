import type { PlotData } from "plotly.js";
import { VERDICTS } from "../../experiments/audit/result";
import type { Verdict } from "../../experiments/audit/verdict";
import { cellText } from "../../text/cell";
import { escapeHtml } from "../../text/escape-html";
import { headNames } from "../head-names";
import type { StudyRow } from "../study-row";

/** Okabe and Ito's colours, and a shape each for print and for whoever sees no colours. */
const MARKS: Readonly<Record<Verdict["verdict"], { color: string; symbol: string; size: number }>> =
  {
    "reads the neuron": { color: "#0072B2", symbol: "circle", size: 9 },
    "reads its inputs": { color: "#E69F00", symbol: "square", size: 9 },
    "reads a correlate": { color: "#D55E00", symbol: "diamond", size: 9 },
    "does not predict": { color: "#000000", symbol: "x", size: 8 },
    undecided: { color: "#666666", symbol: "triangle-up", size: 11 },
    "cannot be tested this way": { color: "#CC79A7", symbol: "triangle-down", size: 11 },
    "no verdict": { color: "#56B4E9", symbol: "cross", size: 9 },
  };

/** A head that has a causal share, with its place among the rows. */
export interface SharedHead {
  readonly place: number;
  readonly row: StudyRow;
  readonly share: number;
  readonly name: string;
}

/** Heads with a causal share; the others have no place in a figure of shares. */
export function headsWithShare(rows: readonly StudyRow[]): SharedHead[] {
  const names = headNames(rows);
  return rows.flatMap((row, place) =>
    row.causal_share === null ? [] : [{ place, row, share: row.causal_share, name: names[place] }],
  );
}

/**
 * Points of heads, a trace for each verdict that occurs. `customdata` is each head's place among the rows.
 *
 * @param at - where a head is drawn
 * @param note - a further line under the pointer
 */
export function verdictTraces<Head extends SharedHead>(
  heads: readonly Head[],
  at: (head: Head) => { readonly x: number; readonly y: number | string },
  note: (head: Head) => string = () => "",
): Partial<PlotData>[] {
  return VERDICTS.flatMap((verdict) => {
    const those = heads.filter(({ row }) => row.verdict === verdict);
    if (those.length === 0) return [];
    const { color, symbol, size } = MARKS[verdict];
    const places = those.map(at);
    return [
      {
        type: "scatter",
        mode: "markers",
        name: `${verdict} (${those.length})`,
        x: places.map(({ x }) => x),
        y: places.map(({ y }) => y),
        customdata: those.map(({ place }) => place),
        hovertext: those.map((head) => hover(head, note(head))),
        hoverinfo: "text",
        marker: {
          color,
          size,
          symbol,
          line: { color: "#FFFFFF", width: 0.8 },
          opacity: 0.9,
        },
      } as Partial<PlotData>,
    ];
  });
}

function hover({ row, name }: SharedHead, note: string): string {
  const { causal_share, causal_share_low: low, causal_share_high: high } = row;
  const ends =
    (low === null) === (high === null)
      ? cellText({ estimate: causal_share, low, high })
      : `${cellText(causal_share)} [${low === null ? "unbounded" : cellText(low)}, ${high === null ? "unbounded" : cellText(high)}]`;
  return [
    `<b>${escapeHtml(name)}</b>`,
    row.verdict,
    `causal share ${ends}`,
    `r ${cellText(row.r)}`,
    note,
  ]
    .filter((line) => line !== "")
    .join("<br>");
}

/** How many heads have each verdict, in words. */
export function verdictCounts(heads: readonly SharedHead[]): string {
  return VERDICTS.flatMap((verdict) => {
    const found = heads.filter(({ row }) => row.verdict === verdict).length;
    return found === 0 ? [] : [`${verdict}: ${found}`];
  }).join("; ");
}
