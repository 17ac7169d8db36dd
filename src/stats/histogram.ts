import { InputError } from "../errors";
import { finiteValues } from "./finite-values";

/** Counts of several vectors over the same bins. */
export interface Histogram {
  /** `[bins + 1]` rising bin edges. The last bin includes its right edge, the others do not. */
  edges: number[];
  /** `[vectors][bins]` how many entries of each vector fall into each bin. */
  counts: number[][];
}

/**
 * Equal-width histograms of several vectors over one shared range, as `numpy.histogram` with the
 * edges of all vectors put together.
 *
 * @param vectors one or more vectors, with at least one number among them
 * @param options `bins`: how many bins, 30 unless said otherwise
 * @returns the shared edges and each vector's counts; if all numbers are equal the range is that
 *   number ± 0.5, as NumPy's
 * @throws {InputError} when there is no number, a value is not finite, the range overflows, or bins
 *   is not a whole number from 1
 *
 * @example
 * histogram([[0, 1, 1], [4]], { bins: 2 }); // { edges: [0, 2, 4], counts: [[3, 0], [0, 1]] }
 */
export function histogram(
  vectors: readonly ArrayLike<number>[],
  { bins = 30 }: { bins?: number } = {},
): Histogram {
  if (!Number.isSafeInteger(bins) || bins < 1) {
    throw new InputError("bins is not a number of bins", {
      found: String(bins),
      expected: "a whole number from 1",
    });
  }
  const lists = vectors.map((vector, i) => finiteValues(vector, `vectors[${i}]`));
  const edges = binEdges(lists.flat(), bins);
  return { edges, counts: lists.map((values) => countsBetween(edges, values)) };
}

function binEdges(values: number[], bins: number): number[] {
  if (values.length === 0) {
    throw new InputError("no numbers to count", { expected: "at least one number" });
  }
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(high - low)) {
    throw new InputError("the values span more than float64 can hold", {
      found: `${low} to ${high}`,
    });
  }
  const edges = evenly(low, high, bins);
  if (isRising(edges)) return edges;
  // Equal numbers, or a range too narrow for so many bins.
  const halfNumPy = evenly(low - 0.5, high + 0.5, bins);
  const half = Math.max(Math.abs(low), Math.abs(high)) / 2;
  return isRising(halfNumPy) ? halfNumPy : evenly(low - half, high + half, bins);
}

function evenly(low: number, high: number, bins: number): number[] {
  const step = (high - low) / bins;
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? high : i * step + low));
}

function isRising(edges: number[]): boolean {
  return edges.every((edge, i) => i === 0 || edge > edges[i - 1]!);
}

function countsBetween(edges: number[], values: number[]): number[] {
  const bins = edges.length - 1;
  const low = edges[0]!;
  const width = edges[bins]! - low;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    let bin = Math.min(Math.floor(((value - low) / width) * bins), bins - 1);
    // The division rounds; the edges decide.
    if (value < edges[bin]!) bin--;
    else if (bin < bins - 1 && value >= edges[bin + 1]!) bin++;
    counts[bin]!++;
  }
  return counts;
}
