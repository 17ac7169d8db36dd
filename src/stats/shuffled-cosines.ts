import { cosineSimilarity } from "./cosine-similarity";
import { finitePairs } from "./finite-values";
import type { RandomCosinesOptions } from "./random-cosines";
import { randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/**
 * The cosines of two vectors when the first one's coordinates are shuffled: its weights stay what
 * they are, large and small, and only where they stand is left to chance.
 *
 * @param vector `[d]` the vector that is shuffled
 * @param other `[d]`
 * @param options number of draws, seed, stream name ("shuffled-coordinates" unless said otherwise)
 * @returns `[n]` cosines in the order they were drawn, or null when a vector is all zero
 * @throws {InputError} when the lengths differ, a value is not finite, or n or seed is not a whole
 *   number
 *
 * @example
 * shuffledCosines([1, 0, 0], [1, 1, 0], { n: 100, seed: 0 }); // 0.7071 or 0
 */
export function shuffledCosines(
  vector: ArrayLike<number>,
  other: ArrayLike<number>,
  { n = 1000, seed = 0, name = "shuffled-coordinates" }: RandomCosinesOptions = {},
): number[] | null {
  requireCount("n", n);
  const [own, fixed] = finitePairs(vector, "vector", other, "other");
  const stream = randomStream(seed, name);
  if (cosineSimilarity(own, fixed) === null) return null;
  return Array.from({ length: n }, () => cosineSimilarity(stream.shuffle(own), fixed)!);
}
