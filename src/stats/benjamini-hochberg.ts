import { adjustSorted } from "./adjust-sorted";

/**
 * Benjamini and Hochberg's step-up adjustment: reject where the adjusted p-value is below q, and at
 * most a share q of the rejections is expected to be false, if the tests are independent or
 * positively dependent.
 *
 * The k-th smallest of m p-values is multiplied by m / k, and none may be larger than the one after
 * it. As `scipy.stats.false_discovery_control`.
 *
 * https://en.wikipedia.org/wiki/False_discovery_rate#Benjamini%E2%80%93Hochberg_procedure
 *
 * @param pValues p-values in any order; null where a test does not exist
 * @returns adjusted p-values in the same order; null stays null and is not counted
 * @throws {InputError} when a p-value is outside [0, 1]
 *
 * @example
 * benjaminiHochberg([0.01, 0.04, 0.03]); // [0.03, 0.04, 0.04]
 */
export function benjaminiHochberg(pValues: readonly (number | null)[]): (number | null)[] {
  return adjustSorted(pValues, (sorted) => {
    let lowest = 1;
    const fromLargest = sorted.map((p, rank) => (p * sorted.length) / (rank + 1)).reverse();
    return fromLargest
      .map((p) => {
        lowest = Math.min(lowest, p);
        return lowest;
      })
      .reverse();
  });
}
