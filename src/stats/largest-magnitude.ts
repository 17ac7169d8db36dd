/**
 * The largest |v| of a list; 0 for an empty one.
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
