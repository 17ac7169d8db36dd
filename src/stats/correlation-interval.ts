import { type Jackknifed, type JackknifeOptions, jackknifeInterval } from "./jackknife-interval";

/**
 * How many times the sample's skewness is counted, for n units. On Fisher's scale there is next to none
 * of it in normal data. Where one of the two has heavier tails than the other, nearly every sample
 * misses its far values, and shows too little of the skewness that they make. Chosen by simulation,
 * for normal and heavy-tailed data of 8 to 200 units (docs/results.md).
 */
const skewnessOf = (n: number) => Math.max(0, 2.5 * (1 - 8 / n));

/**
 * A confidence interval of Pearson's correlation: the jackknife's on Fisher's scale z = artanh r,
 * where the statistic is about symmetric for normal data, brought back by tanh.
 *
 * Fisher's own error 1/√(n − 3) is that of normal data; with heavier tails r scatters more, and the
 * jackknife sees it.
 *
 * Fisher, On the "probable error" of a coefficient of correlation, 1921; Efron, The jackknife, the
 * bootstrap and other resampling plans, 1982.
 *
 * @param correlation r, and the same without each unit
 * @returns the interval within [−1, 1]; null with fewer than four units, where r or one without a unit
 *   is ±1 (z is infinite), or where they are all equal
 * @throws {InputError} when a value is not finite or the confidence is out of range
 *
 * @example
 * const r = { estimate: 0.91, leaveOneOut: [0.88, 0.9, 0.92, 0.91, 0.94, 0.9, 0.92, 0.87] };
 * correlationInterval(r); // { low: 0.6…, high: 0.9… }
 */
export function correlationInterval(
  { estimate, leaveOneOut }: Jackknifed,
  { confidence }: Pick<JackknifeOptions, "confidence"> = {},
): { low: number; high: number } | null {
  if ([estimate, ...leaveOneOut].some((r) => Math.abs(r) >= 1)) return null;
  const interval = jackknifeInterval(
    { estimate: Math.atanh(estimate), leaveOneOut: leaveOneOut.map(Math.atanh) },
    { confidence, skewness: skewnessOf(leaveOneOut.length) },
  );
  return interval && { low: Math.tanh(interval.low), high: Math.tanh(interval.high) };
}
