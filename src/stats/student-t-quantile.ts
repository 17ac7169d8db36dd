import { incbi } from "cephes";
import { InputError } from "../errors";

/**
 * The number that Student's t stays within, in magnitude, with a probability: half the width of an
 * interval in standard errors. `scipy.stats.t.ppf((1 + confidence) / 2, df)`.
 *
 * https://en.wikipedia.org/wiki/Student%27s_t-distribution
 *
 * @param confidence the probability, between 0 and 1
 * @param degreesOfFreedom above 0, not necessarily whole
 * @returns t ≥ 0 with P(|T| ≤ t) = confidence
 * @throws {InputError} when an argument is out of range
 *
 * @example
 * studentTQuantile(0.95, 10); // 2.2281…
 */
export function studentTQuantile(confidence: number, degreesOfFreedom: number): number {
  if (!(confidence > 0 && confidence < 1)) {
    throw new InputError("confidence is out of range", {
      found: String(confidence),
      expected: "a number between 0 and 1",
    });
  }
  if (!(degreesOfFreedom > 0 && degreesOfFreedom < Number.POSITIVE_INFINITY)) {
    throw new InputError("there are no degrees of freedom", {
      found: String(degreesOfFreedom),
      expected: "a number above 0",
    });
  }
  const share = incbi(degreesOfFreedom / 2, 0.5, 1 - confidence);
  return Math.sqrt((degreesOfFreedom * (1 - share)) / share);
}
