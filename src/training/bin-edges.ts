import { InputError } from "../errors";
import { quantile } from "../stats/quantile";

/** How a classification head's bins are laid: with equally many texts in each, or equally wide. */
export type Binning = "quantile" | "width";

/**
 * Edges of bins over the training targets, ascending, one more than bins.
 *
 * @throws InputError if the number of bins is not a whole number from 2, or targets that are often
 *   equal leave fewer bins than asked for.
 */
export function binEdges(
  targets: readonly number[],
  { bins, binning }: { readonly bins: number; readonly binning: Binning },
): number[] {
  if (!Number.isInteger(bins) || bins < 2) {
    throw new InputError("this is not a number of bins", {
      found: String(bins),
      expected: "a whole number from 2",
    });
  }
  const sorted = [...targets].sort((a, b) => a - b);
  const [smallest, largest] = [sorted[0], sorted[sorted.length - 1]];
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    binning === "width"
      ? smallest + ((largest - smallest) * i) / bins
      : quantile(sorted, i / bins)!,
  );
  const distinct = new Set(edges).size - 1;
  if (distinct === bins) return edges;
  throw new InputError("the activation has too few different values for these bins", {
    found: `${distinct} bins`,
    expected: String(bins),
    remedy: `Ask for ${Math.max(distinct, 2)} bins, for bins of equal width, or for another neuron.`,
  });
}

/** The bin of a value; values outside belong to the first and last bins. */
export function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (value >= edges[middle]) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Weights under which every bin counts the same: n / (bins · texts in the bin). */
export function balancedClassWeights(labels: readonly number[], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const label of labels) counts[label]++;
  return counts.map((count) => (count > 0 ? labels.length / (bins * count) : 1));
}
