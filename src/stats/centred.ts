import { mean } from "simple-statistics";

/**
 * Numbers minus their mean (summed with compensation, so that a large common offset costs nothing).
 *
 * @param values finite numbers, at least one
 * @returns the mean and the differences from it, in the same order
 *
 * @example
 * centred([1, 2, 6]); // { mean: 3, differences: [-2, -1, 3] }
 */
export function centred(values: number[]): { mean: number; differences: number[] } {
  const average = mean(values);
  return { mean: average, differences: values.map((value) => value - average) };
}
