import { LEVEL } from "../analysis/list-tests";
import type { Cell, Fact } from "../text/cell";
import { headed } from "../text/headed";
import { headNames } from "./head-names";
import type { StudyRow } from "./study-row";

/** A head in a table of heads. */
export interface HeadRow {
  readonly head: string;
  readonly verdict: string;
  readonly r: number | null;
  readonly causal_share: Cell;
  readonly input_share: Cell;
  readonly rank: Cell;
  readonly p_adjusted: number | null;
  readonly cosine: number | null;
}

/**
 * Heads of a study, those of the largest causal share first.
 *
 * @example
 * const { heads } = await runStudy(["models"]);
 * showTable(listHeads(heads), { caption: "All heads" });
 */
export function listHeads(rows: readonly StudyRow[]): HeadRow[] {
  const names = headNames(rows);
  const list = rows.map((row, i) => ({
    head: names[i],
    verdict: row.verdict,
    r: row.r,
    causal_share: {
      ...{ estimate: row.causal_share, low: row.causal_share_low, high: row.causal_share_high },
    },
    input_share: {
      ...{ estimate: row.input_share, low: row.input_share_low, high: row.input_share_high },
    },
    rank: { rank: row.rank, of: row.rank_of },
    p_adjusted: row.p_adjusted,
    cosine: row.cosine,
  }));
  const share = (row: (typeof list)[number]) =>
    row.causal_share.estimate ?? Number.NEGATIVE_INFINITY;
  return headed(
    list.sort((a, b) => share(b) - share(a) || 0),
    { p_adjusted: { heading: "p of the rank, adjusted", isProbability: true } },
  );
}

/**
 * How many heads' neurons stand out among those of their activation, one by one and with the false ones
 * among all heads kept to 5% (Benjamini and Hochberg, over the heads that have a rank).
 *
 * @example
 * const { heads } = await runStudy(["models"]);
 * showTable(describeDiscoveries(heads));
 */
export function describeDiscoveries(rows: readonly StudyRow[]): Fact[] {
  const ranked = rows.filter(({ p_value }) => p_value !== null);
  const alone = ranked.filter(({ p_value }) => p_value! <= LEVEL);
  const adjusted = ranked.filter(({ p_adjusted }) => p_adjusted !== null && p_adjusted <= LEVEL);
  const readers = rows.filter(({ verdict }) => verdict === "reads the neuron");
  const kept = readers.filter((row) => adjusted.includes(row));
  return [
    { name: "heads with a rank", value: ranked.length },
    { name: `p ≤ ${LEVEL} each for itself`, value: alone.length },
    { name: "of them by chance, if no neuron stood out", value: ranked.length * LEVEL },
    { name: `adjusted p ≤ ${LEVEL}`, value: adjusted.length },
    { name: "heads that read the neuron", value: readers.length },
    { name: `of them with an adjusted p ≤ ${LEVEL}`, value: kept.length },
  ];
}
