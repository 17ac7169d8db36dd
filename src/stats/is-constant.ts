import { largestMagnitude } from "./largest-magnitude";

/** Numbers that differ by no more than this share of the largest one differ by rounding alone. */
const ROUNDING = 4 * Number.EPSILON;

/**
 * How far each number may be off by rounding in what it was computed from, in its own unit: one limit
 * for all, or `[n]` one for each.
 */
export type Rounding = number | readonly number[];

/**
 * Whether a list holds one number over and over, up to rounding.
 *
 * A correlation or a slope on such a list would be computed from rounding errors: a number, but
 * not a measurement. The plain test `max === min` misses `[0.3, 0.1 + 0.2]`.
 *
 * @param values finite numbers; fewer than two count as constant
 * @param rounding what is known of their rounding; that of float64 if not given
 * @returns true when one number lies within the rounding of all: with none given, when
 *   max − min ≤ 4ε · max|v|
 *
 * @example
 * isConstant([0.3, 0.1 + 0.2]); // true
 * isConstant([0, 1e-30]); // false
 * isConstant([5, 5.0001], 1e-4); // true
 */
export function isConstant(values: readonly number[], rounding: Rounding = 0): boolean {
  const own = (ROUNDING / 2) * largestMagnitude(values);
  const limit = (i: number) =>
    Math.max(own, typeof rounding === "number" ? rounding : rounding[i]!);
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  values.forEach((value, i) => {
    lowest = Math.min(lowest, value + limit(i));
    highest = Math.max(highest, value - limit(i));
  });
  return values.length < 2 || highest <= lowest;
}
