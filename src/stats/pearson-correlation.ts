import { centred } from "./centred";
import { cosineSimilarity } from "./cosine-similarity";
import { finitePairs } from "./finite-values";
import { isConstant } from "./is-constant";
import type { PointRounding } from "./is-exact-fit";

/**
 * Pearson's correlation of two lists: the cosine of the two lists after centring, as
 * `scipy.stats.pearsonr`.
 *
 * https://en.wikipedia.org/wiki/Pearson_correlation_coefficient
 *
 * @param x n numbers
 * @param y n numbers
 * @param rounding how far x and y may be off
 * @returns the correlation from −1 to 1, or null when it does not exist: fewer than two values, or
 *   one of the lists is constant (up to rounding)
 * @throws {InputError} when the lengths differ or a value is not finite
 *
 * @example
 * pearsonCorrelation([1, 2, 3], [2, 4, 7]); // 0.9933992677987828
 * pearsonCorrelation([1, 2, 3], [5, 5, 5]); // null
 */
export function pearsonCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  rounding: PointRounding = {},
): number | null {
  const [xs, ys] = finitePairs(x, "x", y, "y");
  if (isConstant(xs, rounding.x) || isConstant(ys, rounding.y)) return null;
  return cosineSimilarity(centred(xs).differences, centred(ys).differences);
}
