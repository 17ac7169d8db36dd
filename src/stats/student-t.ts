import { incbet } from "cephes";
import { InputError } from "../errors";
import { finiteValues } from "./finite-values";

/**
 * The two-sided p-value of Student's t, P(|T| ≥ |t|), with its relative precision kept far into the
 * tail: 2 · `scipy.stats.t.sf(|t|, df)`.
 *
 * https://en.wikipedia.org/wiki/Student%27s_t-distribution#Cumulative_distribution_function
 *
 * @param t the statistic, or null when it does not exist
 * @param degreesOfFreedom above 0
 * @returns the p-value, or null without a statistic
 * @throws {InputError} when t is not finite or there is no degree of freedom
 *
 * @example
 * studentTPValue(2, 10); // 0.0733…
 */
export function studentTPValue(t: number | null, degreesOfFreedom: number): number | null {
  if (!(degreesOfFreedom > 0 && degreesOfFreedom < Number.POSITIVE_INFINITY)) {
    throw new InputError("there are no degrees of freedom", {
      found: String(degreesOfFreedom),
      expected: "a number above 0",
    });
  }
  if (t === null) return null;
  finiteValues([t], "t");
  const ratio = (t / degreesOfFreedom) * t;
  // Of the two ways to write it the one that loses no digits: near 1 the complement, in the tail p.
  return Math.abs(t) < 1
    ? 1 - incbet(0.5, degreesOfFreedom / 2, ratio / (1 + ratio))
    : incbet(degreesOfFreedom / 2, 0.5, 1 / (1 + ratio));
}
