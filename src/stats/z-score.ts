import { finiteValues } from "./finite-values";

/**
 * How many standard deviations a value lies above a mean, (value − mean) / std.
 *
 * @param value the value, or null when it does not exist
 * @param baseline mean and standard deviation, each possibly null
 * @returns the z-score, or null when an ingredient is null or the standard deviation is 0
 * @throws {InputError} when a number is not finite
 *
 * @example
 * zScore(0.3, { mean: 0, std: 0.1 }); // 2.9999999999999996
 * zScore(0.3, { mean: 0, std: 0 }); // null
 */
export function zScore(
  value: number | null,
  { mean, std }: { mean: number | null; std: number | null },
): number | null {
  if (value === null || mean === null || std === null) return null;
  finiteValues([value], "value");
  finiteValues([mean, std], "[mean, std]");
  return std === 0 ? null : (value - mean) / std;
}
