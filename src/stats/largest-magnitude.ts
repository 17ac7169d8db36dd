/**
 * The largest |v| of a list; 0 for an empty one.
 *
 * Dividing by it before squaring keeps sums of squares inside float64 for any finite input.
 *
 * @param values finite numbers
 * @returns max |v|
 *
 * @example
 * largestMagnitude([1, -3, 2]); // 3
 */
export function largestMagnitude(values: readonly number[]): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
