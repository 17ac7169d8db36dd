import { standardDeviation } from "simple-statistics";
import { finiteValues } from "./finite-values";
import { isConstant, type Rounding } from "./is-constant";

/**
 * A change in standard deviations of what changed: how large it is beside the differences that are
 * there anyway.
 *
 * @param change a change, or null when it does not exist
 * @param values n numbers of the same unit; their population standard deviation is the measure
 * @param rounding how far each of them may be off; that of float64 if not given
 * @returns change / std, or null without a change or where the values do not vary
 * @throws {InputError} when a number is not finite
 *
 * @example
 * effectSize(1, [0, 2, 4]); // 0.6123…
 */
export function effectSize(
  change: number | null,
  values: ArrayLike<number>,
  rounding: Rounding = 0,
): number | null {
  const own = finiteValues(values, "values");
  if (change === null || isConstant(own, rounding)) return null;
  return finiteValues([change], "change")[0]! / standardDeviation(own);
}
