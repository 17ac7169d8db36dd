import { max, mean, median, min, sampleStandardDeviation } from "simple-statistics";
import { finiteValues } from "./finite-values";
import { isConstant, type Rounding } from "./is-constant";
import { studentTPValue } from "./student-t";

/** A handful of independent values: where they lie, how they scatter, whether their mean is 0. */
export interface OneSample {
  n: number;
  mean: number | null;
  /** Sample standard deviation (divided by n − 1); null with fewer than two values. */
  std: number | null;
  /** Of the mean: std / √n. */
  standard_error: number | null;
  min: number | null;
  median: number | null;
  max: number | null;
  /** mean / standard error; null where the values do not scatter. */
  t: number | null;
  /** Two-sided, n − 1 degrees of freedom. */
  p_value: number | null;
}

/**
 * Mean, spread and t-test of independent values, as `scipy.stats.ttest_1samp(values, 0)`.
 *
 * @param values n numbers
 * @param rounding how far each may be off; that of float64 if not given
 * @returns the summary; null for what does not exist: everything without values, the spread with one,
 *   the test where all values are equal (up to rounding)
 * @throws {InputError} when a value is not finite
 *
 * @example
 * oneSample([0.9, 1.1, 1.3]).standard_error; // 0.1154…
 */
export function oneSample(values: ArrayLike<number>, rounding: Rounding = 0): OneSample {
  const own = finiteValues(values, "values");
  const n = own.length;
  if (n === 0) {
    const none = { mean: null, std: null, standard_error: null, min: null, median: null };
    return { n, ...none, max: null, t: null, p_value: null };
  }
  const average = mean(own);
  const std = n < 2 ? null : sampleStandardDeviation(own);
  const standard_error = std === null ? null : std / Math.sqrt(n);
  const t = standard_error === null || isConstant(own, rounding) ? null : average / standard_error;
  return {
    n,
    mean: average,
    std,
    standard_error,
    min: min(own),
    median: median(own),
    max: max(own),
    t,
    p_value: t === null ? null : studentTPValue(t, n - 1),
  };
}
