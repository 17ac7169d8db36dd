import { max, mean, min, standardDeviation } from "simple-statistics";
import { finiteValues } from "./finite-values";
import { quantile } from "./quantile";

/** What chance does, and how often it does as much as was observed. */
export interface EmpiricalNull {
  mean: number | null;
  /** Population standard deviation. */
  std: number | null;
  /** 5th and 95th percentile, linear interpolation as NumPy. */
  p5: number | null;
  p95: number | null;
  min: number | null;
  max: number | null;
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
  const values = finiteValues(draws ?? [], "draws");
  const n = values.length;
  if (n === 0) {
    const none = { mean: null, std: null, p5: null, p95: null, min: null, max: null };
    return { ...none, n, p_value: null };
  }
  return {
    mean: mean(values),
    std: standardDeviation(values),
    p5: quantile(values, 0.05),
    p95: quantile(values, 0.95),
    min: min(values),
    max: max(values),
    n,
    p_value: observed === null ? null : shareAtLeast(observed, values),
  };
}

function shareAtLeast(observed: number, values: readonly number[]): number {
  const limit = Math.abs(finiteValues([observed], "observed")[0]!) * (1 - TIE);
  const count = values.filter((value) => Math.abs(value) >= limit).length;
  return (1 + count) / (1 + values.length);
}
