import { finiteValues } from "./finite-values";
import { l2Norm } from "./l2-norm";
import { randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/** How the random directions are drawn. */
export interface RandomCosinesOptions {
  /** How many random vectors; 1,000 unless said otherwise. */
  n?: number;
  /** Seed of the draws; 0 unless said otherwise. */
  seed?: number;
  /** Name of the random stream; "random-baseline" unless said otherwise. */
  name?: string;
}

/**
 * The cosines of one vector with random directions (vectors of independent Gaussians).
 *
 * @param vector `[d]`
 * @param options number of draws, seed, stream name
 * @returns `[n]` cosines in the order they were drawn, or null when the vector is all zero
 * @throws {InputError} when a value is not finite, or n or seed is not a whole number
 *
 * @example
 * randomCosines([1, 2, 3], { n: 5, seed: 0 }); // five numbers from −1 to 1
 */
export function randomCosines(
  vector: ArrayLike<number>,
  { n = 1000, seed = 0, name = "random-baseline" }: RandomCosinesOptions = {},
): number[] | null {
  requireCount("n", n);
  const stream = randomStream(seed, name);
  const values = finiteValues(vector, "vector");
  const norm = l2Norm(values);
  if (norm === 0) return null;
  const direction = values.map((value) => value / norm);

  return Array.from({ length: n }, () => {
    let dot = 0;
    let square = 0;
    for (const coordinate of direction) {
      const draw = stream.gaussian();
      dot += coordinate * draw;
      square += draw * draw;
    }
    return Math.max(-1, Math.min(1, dot / Math.sqrt(square)));
  });
}
