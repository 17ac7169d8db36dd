import { largestMagnitude } from "./largest-magnitude";

/** The largest power of two that float64 holds. */
const LARGEST_EXPONENT = 1023;

/**
 * The power of two near the largest magnitude of a list; 0 when all are zero.
 *
 * Dividing by it is exact and brings the numbers to about 1, so that their squares neither overflow
 * nor vanish, and no digit changes where they would not have.
 *
 * @param values finite numbers
 * @returns the largest 2^k ≤ max |v| (or its neighbour, at the edge of rounding)
 *
 * @example
 * binaryScale([1, -5, 2]); // 4
 */
export function binaryScale(values: readonly number[]): number {
  const largest = largestMagnitude(values);
  if (largest === 0) return 0;
  return 2 ** Math.min(Math.floor(Math.log2(largest)), LARGEST_EXPONENT);
}
