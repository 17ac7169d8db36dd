import { max, mean, min, standardDeviation } from "simple-statistics";
import { finiteValues } from "./finite-values";
import { quantile } from "./quantile";

/** What draws of a statistic look like, under their names in result files; null without any. */
export interface DrawSummary {
  mean: number | null;
  /** Population standard deviation. */
  std: number | null;
  /** 5th percentile, linear interpolation as NumPy. */
  p5: number | null;
  /** 95th percentile. */
  p95: number | null;
  min: number | null;
  max: number | null;
}

/**
 * Summary of draws: what a statistic has to be compared with before it means anything.
 *
 * @param draws the numbers; none gives null everywhere
 * @returns the summary
 * @throws {InputError} when a number is not finite
 *
 * @example
 * drawSummary([1, 2, 3]).p95; // 2.9
 */
export function drawSummary(draws: readonly number[]): DrawSummary {
  const values = finiteValues(draws, "draws");
  if (values.length === 0) {
    return { mean: null, std: null, p5: null, p95: null, min: null, max: null };
  }
  return {
    mean: mean(values),
    std: standardDeviation(values),
    p5: quantile(values, 0.05),
    p95: quantile(values, 0.95),
    min: min(values),
    max: max(values),
  };
}
