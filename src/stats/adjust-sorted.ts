import { InputError } from "../errors";

/**
 * Adjusts the p-values that exist, in rising order, and puts them back in their places.
 *
 * @param pValues p-values, null where a test does not exist
 * @param adjust from sorted p-values to adjusted ones, each capped at 1 by this function
 * @returns adjusted p-values in the input's order; null stays null and is not counted as a test
 * @throws {InputError} when a p-value is outside [0, 1]
 */
export function adjustSorted(
  pValues: readonly (number | null)[],
  adjust: (sorted: readonly number[]) => number[],
): (number | null)[] {
  const tests = pValues.flatMap((p, index) => {
    if (p === null) return [];
    if (!(p >= 0 && p <= 1)) {
      throw new InputError(`pValues[${index}] is no probability`, {
        found: String(p),
        expected: "a number from 0 to 1, or null",
      });
    }
    return [{ p, index }];
  });
  tests.sort((a, b) => a.p - b.p || a.index - b.index);
  const adjusted = new Array<number | null>(pValues.length).fill(null);
  adjust(tests.map(({ p }) => p)).forEach((p, rank) => {
    adjusted[tests[rank]!.index] = Math.min(1, p);
  });
  return adjusted;
}
