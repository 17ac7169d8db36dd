import { binaryScale } from "./binary-scale";
import { finiteValues } from "./finite-values";

/**
 * The Euclidean length of a vector, √(Σ vᵢ²), without overflow or underflow on the way.
 *
 * @param vector finite numbers
 * @returns the length; 0 for an empty vector
 * @throws {InputError} when a value is not finite
 *
 * @example
 * l2Norm([3, 4]); // 5
 */
export function l2Norm(vector: ArrayLike<number>): number {
  const values = finiteValues(vector, "vector");
  const scale = binaryScale(values);
  if (scale === 0) return 0;
  let sum = 0;
  for (const value of values) sum += (value / scale) ** 2;
  return scale * Math.sqrt(sum);
}
