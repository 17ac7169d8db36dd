import type { RandomStream } from "../stats/random-stream";
import type { PositionTable } from "./position-table";

/** A tenth of all positions, by their activation. */
export interface DecileRows {
  /** Lowest and highest activation in it. */
  readonly low: number;
  readonly high: number;
  /** How many positions are in it. */
  readonly positions: number;
  /** Those that were drawn. */
  readonly rows: readonly number[];
}

/** Draws of which one more may be of a text or a beginning that was drawn already. */
const TRIES = 20;

/**
 * The rows of the highest scores, at most one of each text; what several texts begin with counts once.
 *
 * @returns up to `k` rows, the highest score first
 */
export function topRows(
  table: PositionTable,
  score: (row: number) => number,
  { k, firstPosition }: { readonly k: number; readonly firstPosition: number },
): number[] {
  const best: { readonly row: number; readonly score: number }[] = [];
  for (let text = 0; text < table.texts.length; text++) {
    const [from, to] = table.ownRows(text, firstPosition);
    let [row, highest] = [-1, Number.NEGATIVE_INFINITY];
    for (let i = from; i < to; i++) {
      const own = score(i);
      if (own > highest) [row, highest] = [i, own];
    }
    if (row >= 0) best.push({ row, score: highest });
  }
  best.sort((a, b) => b.score - a.score || a.row - b.row);
  return best.slice(0, k).map(({ row }) => row);
}

/** Rows from a position of each text on. */
export function rowsFrom(table: PositionTable, firstPosition: number): Uint32Array {
  const rows = new Uint32Array(table.length);
  let count = 0;
  for (let text = 0; text < table.texts.length; text++) {
    for (let i = table.starts[text] + firstPosition; i < table.starts[text + 1]; i++) {
      rows[count++] = i;
    }
  }
  return rows.subarray(0, count);
}

/**
 * Ten equal parts of some rows by their activation, and random rows of each: at most one of a text in a
 * part, none that only repeats what another text begins with.
 */
export function decileRows(
  table: PositionTable,
  rows: Uint32Array,
  { each, firstPosition }: { readonly each: number; readonly firstPosition: number },
  stream: RandomStream,
): DecileRows[] {
  const { activation } = table;
  const ranked = rows.slice().sort((a, b) => activation[a] - activation[b] || a - b);
  const ends = Array.from({ length: 11 }, (_, i) => Math.floor((ranked.length * i) / 10));
  return ends.slice(1).flatMap((end, i) => {
    const start = ends[i];
    if (end === start) return [];
    const drawn = new Map<number, number>();
    for (let tries = 0; drawn.size < each && tries < each * TRIES; tries++) {
      const row = ranked[stream.integer(start, end - 1)];
      const text = table.textOf(row);
      if (!drawn.has(text) && row >= table.ownRows(text, firstPosition)[0]) drawn.set(text, row);
    }
    const [low, high] = [activation[ranked[start]], activation[ranked[end - 1]]];
    return [{ low, high, positions: end - start, rows: [...drawn.values()] }];
  });
}

/** So many of some rows at random, each as likely, in rising order; all where there are no more. */
export function sampledRows(rows: Uint32Array, count: number, stream: RandomStream): number[] {
  if (rows.length <= count) return Array.from(rows);
  const shuffled = rows.slice();
  for (let i = 0; i < count; i++) {
    const other = stream.integer(i, shuffled.length - 1);
    [shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
  }
  return Array.from(shuffled.subarray(0, count)).sort((a, b) => a - b);
}
