import { adjustSorted } from "./adjust-sorted";

/**
 * Holm's step-down adjustment: reject where the adjusted p-value is below α, and the chance of even
 * one false rejection stays below α, whatever the dependence between the tests.
 *
 * The k-th smallest of m p-values is multiplied by m − k + 1, and none may be smaller than the one
 * before it. As R's `p.adjust(p, "holm")`.
 *
 * https://en.wikipedia.org/wiki/Holm%E2%80%93Bonferroni_method
 *
 * @param pValues p-values in any order; null where a test does not exist
 * @returns adjusted p-values in the same order; null stays null and is not counted
 * @throws {InputError} when a p-value is outside [0, 1]
 *
 * @example
 * holm([0.01, 0.04, 0.03]); // [0.03, 0.06, 0.06]
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  return adjustSorted(pValues, (sorted) => {
    let highest = 0;
    return sorted.map((p, rank) => {
      highest = Math.max(highest, p * (sorted.length - rank));
      return highest;
    });
  });
}
