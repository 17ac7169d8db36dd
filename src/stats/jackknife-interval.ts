import { InputError } from "../errors";
import { finiteValues } from "./finite-values";
import { largestMagnitude } from "./largest-magnitude";
import { skewnessLimits } from "./skewness-limits";
import { studentTQuantile } from "./student-t-quantile";

/** A statistic of n independent units, and the same without each of them. */
export interface Jackknifed {
  readonly estimate: number;
  /** `[n]` the statistic without the i-th unit. */
  readonly leaveOneOut: readonly number[];
}

/** How to make an interval of it. */
export interface JackknifeOptions {
  /** Share of the intervals that hold the population's value; 0.95 unless said otherwise. */
  confidence?: number;
  /**
   * "units": n − 1, for a statistic on which all units weigh about the same, such as a mean.
   * "effective" (the default): as many as the standard error rests on, by Satterthwaite from the
   * kurtosis of the units' influences, at most n − 2: fewer where a few units weigh most, as in a slope.
   */
  degreesOfFreedom?: "units" | "effective";
  /**
   * How much of the skewness of the units' influences the limits are corrected for: 1 (the default) as
   * it is in the sample, 0 not at all, more where a sample is known to show too little of it.
   */
  skewness?: number;
}

/** The interval and what it was made of. */
export interface JackknifeInterval {
  low: number;
  high: number;
  standard_error: number;
  /** Of Student's t. */
  degrees_of_freedom: number;
}

/**
 * A confidence interval from leave-one-out values: the jackknife's standard error, Student's t, and
 * limits that are never narrower than the symmetric ones and reach further on the side to which the
 * units' influences are skewed.
 *
 * The jackknife's error is a little too large for few units, which makes up for estimates that follow
 * the units with most influence (for a line it is the cluster-robust CR3). What an error estimated
 * from a few heavy units is worth is what its degrees of freedom say. How often such intervals hold
 * the population's value is simulated in `docs/results.md`.
 *
 * Tukey, Bias and confidence in not quite large samples, 1958; Hinkley, Jackknife confidence limits
 * using Student t approximations, 1977; Satterthwaite, An approximate distribution of estimates of
 * variance components, 1946; Hall, On the removal of skewness by transformation, 1992.
 *
 * @param jackknifed the statistic, and the same without each unit, in the same order as the units
 * @param options confidence, degrees of freedom, skewness
 * @returns the interval, or null with fewer than four units or where all leave-one-out values are equal
 * @throws {InputError} when a value is not finite or the confidence is out of range
 *
 * @example
 * // A mean: its leave-one-out values are (Σ − xᵢ) / (n − 1). This is Student's own interval.
 * const values = [2, 3, 5, 9];
 * jackknifeInterval(
 *   { estimate: 4.75, leaveOneOut: values.map((value) => (19 - value) / 3) },
 *   { degreesOfFreedom: "units", skewness: 0 },
 * ); // { low: −0.175…, high: 9.675…, standard_error: 1.548…, degrees_of_freedom: 3 }
 */
export function jackknifeInterval(
  { estimate, leaveOneOut }: Jackknifed,
  { confidence = 0.95, degreesOfFreedom = "effective", skewness = 1 }: JackknifeOptions = {},
): JackknifeInterval | null {
  finiteValues([estimate], "estimate");
  const influences = influencesOf(leaveOneOut);
  if (influences === null) return null;
  const { unit, values } = influences;
  const n = values.length;
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / n;
  const variance = moment(2);
  const standard_error = unit * Math.sqrt((n - 1) * variance);
  const degrees_of_freedom =
    degreesOfFreedom === "units" ? n - 1 : effectiveDegrees(moment(4) / variance ** 2, n);
  const t = studentTQuantile(confidence, degrees_of_freedom);
  const { low, high } = skewnessLimits(t, (skewness * moment(3)) / variance ** 1.5, n);
  return {
    low: estimate - Math.max(high, t) * standard_error,
    high: estimate - Math.min(low, -t) * standard_error,
    standard_error,
    degrees_of_freedom,
  };
}

/** Fewest units whose spread, skewness and kurtosis can be told. */
const FEWEST = 4;

/** How far each unit pulls the statistic up, from the mean, in a unit that makes them about 1. */
function influencesOf(leaveOneOut: readonly number[]): { unit: number; values: number[] } | null {
  const own = finiteValues(leaveOneOut, "leaveOneOut");
  const n = own.length;
  if (n < FEWEST) return null;
  // From the first value, so that a spread that is small beside the values keeps its digits.
  const shifted = own.map((value) => own[0]! - value);
  const mean = shifted.reduce((sum, value) => sum + value, 0) / n;
  const centred = shifted.map((value) => value - mean);
  const unit = largestMagnitude(centred);
  if (unit === 0) return null;
  if (!Number.isFinite(unit)) throw new InputError("leaveOneOut is out of range");
  return { unit, values: centred.map((value) => value / unit) };
}

/** 2 / CV² of the variance, its kurtosis without the bias that it has for normal influences. */
function effectiveDegrees(kurtosis: number, n: number): number {
  const unbiased = (kurtosis * (n + 1)) / (n - 1);
  return Math.max(1, Math.min((2 * n) / (unbiased - 1), n - 2));
}
