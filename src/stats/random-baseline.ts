import { type DrawSummary, drawSummary } from "./draw-summary";
import { type RandomCosinesOptions, randomCosines } from "./random-cosines";

/** What cosines with random directions look like, under their names in result files. */
export interface RandomBaseline extends DrawSummary {
  /** How many random vectors were drawn. */
  n: number;
  seed: number;
  /** What `std` estimates, known exactly: 1/√d. */
  exact_std: number | null;
}

/**
 * Summary of the cosines between a vector and random directions: what a similarity has to be
 * compared with before it means anything.
 *
 * The exact law is known: mean 0 and standard deviation 1/√d whatever the vector is, see
 * `cosineTTest` for its tail. The sampled numbers stay beside it because the plan asks for them.
 *
 * @param vector `[d]`
 * @param options number of draws, seed, stream name
 * @returns the summary; all null but `n`, `seed` and `exact_std` when the vector is all zero
 * @throws {InputError} when a value is not finite, or n or seed is not a whole number
 *
 * @example
 * randomBaseline([1, 2, 3], { n: 1000, seed: 0 }).exact_std; // 0.5773502691896258
 */
export function randomBaseline(
  vector: ArrayLike<number>,
  options: RandomCosinesOptions = {},
): RandomBaseline {
  const { n = 1000, seed = 0 } = options;
  const cosines = randomCosines(vector, options);
  const exact_std = vector.length > 0 ? 1 / Math.sqrt(vector.length) : null;
  return { ...drawSummary(cosines ?? []), n, seed, exact_std };
}
