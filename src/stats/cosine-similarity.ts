import { binaryScale } from "./binary-scale";
import { finitePairs } from "./finite-values";

/**
 * The cosine of the angle between two vectors, a·b / (|a| |b|), from −1 to 1.
 *
 * https://en.wikipedia.org/wiki/Cosine_similarity
 *
 * @param first `[d]`
 * @param second `[d]`
 * @returns the cosine, or null when a vector is all zero (or empty) and has no direction
 * @throws {InputError} when the lengths differ or a value is not finite
 *
 * @example
 * cosineSimilarity([1, 0], [1, 1]); // 0.7071067811865475
 * cosineSimilarity([0, 0], [1, 1]); // null
 */
export function cosineSimilarity(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
): number | null {
  const [a, b] = finitePairs(first, "first", second, "second");
  const scaleA = binaryScale(a);
  const scaleB = binaryScale(b);
  if (scaleA === 0 || scaleB === 0) return null;
  let dot = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! / scaleA;
    const y = b[i]! / scaleB;
    dot += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  // The product of the two roots and not the root of the product: a list with itself is exactly 1
  // either way, and rounding past ±1 is cut off.
  return Math.max(-1, Math.min(1, dot / (Math.sqrt(squareA) * Math.sqrt(squareB))));
}
