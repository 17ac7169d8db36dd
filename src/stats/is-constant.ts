/** Numbers that differ by no more than this share of the largest one differ by rounding alone. */
const ROUNDING = 4 * Number.EPSILON;

/**
 * Whether a list holds one number over and over, up to float64 rounding.
 *
 * A correlation or a slope on such a list would be computed from rounding errors: a number, but
 * not a measurement. The plain test `max === min` misses `[0.3, 0.1 + 0.2]`.
 *
 * @param values finite numbers; fewer than two count as constant
 * @returns true when max − min ≤ 4ε · max|v|
 *
 * @example
 * isConstant([0.3, 0.1 + 0.2]); // true
 * isConstant([0, 1e-30]); // false
 */
export function isConstant(values: readonly number[]): boolean {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return values.length < 2 || max - min <= ROUNDING * Math.max(Math.abs(min), Math.abs(max));
}
