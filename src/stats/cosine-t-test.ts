import { incbet } from "cephes";
import { InputError } from "../errors";

/** The exact test of a cosine against random directions. */
export interface CosineTTest {
  /** c·√(d−1)/√(1−c²); null when |c| = 1 (infinite) or d < 2 (no degree of freedom). */
  t: number | null;
  /** d − 1. */
  degrees_of_freedom: number;
  /** Chance that a random direction has a cosine of at least |c|; null when d < 2 or c is null. */
  p_value: number | null;
}

/**
 * The exact null for a cosine similarity: how often a random direction in d dimensions is at least
 * as similar, in either direction.
 *
 * If one of two vectors is isotropic (independent Gaussians, say), t = c·√(d−1)/√(1−c²) follows
 * Student's t with d−1 degrees of freedom, and the two-sided p-value is the regularised incomplete
 * beta function I(1−c²; (d−1)/2, 1/2), which keeps its relative precision far into the tail.
 *
 * https://en.wikipedia.org/wiki/Student%27s_t-distribution#Cumulative_distribution_function
 *
 * @param cosine from −1 to 1, or null when it does not exist
 * @param dimensions d, the length of the two vectors
 * @returns t, the degrees of freedom and the two-sided p-value
 * @throws {InputError} when the cosine is outside [−1, 1] or d is not a whole number from 1
 *
 * @example
 * cosineTTest(0.1, 768); // { t: 2.783…, degrees_of_freedom: 767, p_value: 0.0055… }
 */
export function cosineTTest(cosine: number | null, dimensions: number): CosineTTest {
  if (!Number.isSafeInteger(dimensions) || dimensions < 1) {
    throw new InputError("dimensions is not a vector length", {
      found: String(dimensions),
      expected: "a whole number from 1",
    });
  }
  if (cosine !== null && !(cosine >= -1 && cosine <= 1)) {
    throw new InputError("cosine is out of range", {
      found: String(cosine),
      expected: "a number from -1 to 1",
    });
  }
  const degrees_of_freedom = dimensions - 1;
  if (cosine === null || dimensions < 2) return { t: null, degrees_of_freedom, p_value: null };
  const remainder = (1 - cosine) * (1 + cosine);
  return {
    t: remainder === 0 ? null : (cosine * Math.sqrt(degrees_of_freedom)) / Math.sqrt(remainder),
    degrees_of_freedom,
    p_value: incbet(degrees_of_freedom / 2, 0.5, remainder),
  };
}
