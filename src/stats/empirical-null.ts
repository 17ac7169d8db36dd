import { type DrawSummary, drawSummary } from "./draw-summary";
import { finiteValues } from "./finite-values";

/** What chance does, and how often it does as much as was observed. */
export interface EmpiricalNull extends DrawSummary {
  /** How many draws. */
  n: number;
  /** Two-sided: (1 + draws with at least the observed magnitude) / (1 + draws). */
  p_value: number | null;
}

/** Statistics that differ by no more than this share are ties, computed in another order. */
const TIE = 1e-12;

/**
 * Compares an observed statistic with draws of it under a null hypothesis.
 *
 * The observed value counts as one of the draws, which keeps the test exact and p above 0.
 *
 * Phipson and Smyth, Permutation p-values should never be zero, 2010.
 *
 * @param observed the statistic, or null when it does not exist
 * @param draws the same under the null, or null (or empty) when there is none
 * @returns a summary of the draws and the two-sided p-value
 * @throws {InputError} when a number is not finite
 *
 * @example
 * empiricalNull(0.5, [0.1, -0.6, 0.2, 0.3]).p_value; // 0.4
 */
export function empiricalNull(
  observed: number | null,
  draws: readonly number[] | null,
): EmpiricalNull {
  const values = draws ?? [];
  const summary = drawSummary(values);
  const n = values.length;
  const p_value = observed === null || n === 0 ? null : shareAtLeast(observed, values);
  return { ...summary, n, p_value };
}

function shareAtLeast(observed: number, values: readonly number[]): number {
  const limit = Math.abs(finiteValues([observed], "observed")[0]!) * (1 - TIE);
  const count = values.filter((value) => Math.abs(value) >= limit).length;
  return (1 + count) / (1 + values.length);
}
