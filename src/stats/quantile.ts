import { InputError } from "../errors";
import { finiteValues } from "./finite-values";

/**
 * A quantile with linear interpolation between order statistics, as `numpy.quantile`'s default
 * (Hyndman and Fan's type 7).
 *
 * https://numpy.org/doc/stable/reference/generated/numpy.quantile.html
 *
 * @param values n numbers in any order; not changed
 * @param probability from 0 (the minimum) to 1 (the maximum)
 * @returns the quantile, or null for an empty list
 * @throws {InputError} when a value is not finite or the probability lies outside [0, 1]
 *
 * @example
 * quantile([1, 2, 3, 4], 0.05); // 1.15
 */
export function quantile(values: ArrayLike<number>, probability: number): number | null {
  if (!(probability >= 0 && probability <= 1)) {
    throw new InputError("probability is out of range", {
      found: String(probability),
      expected: "a number from 0 to 1",
    });
  }
  const sorted = Float64Array.from(finiteValues(values, "values")).sort();
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * probability;
  const below = Math.floor(place);
  const share = place - below;
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  // NumPy interpolates from the nearer end, so that share 1 gives `high` to the last bit.
  return share < 0.5 ? low + (high - low) * share : high - (high - low) * (1 - share);
}
