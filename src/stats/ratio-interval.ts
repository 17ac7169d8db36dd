import { type Jackknifed, type JackknifeOptions, jackknifeInterval } from "./jackknife-interval";

/** How often a step is doubled in search of an end, and halved to find it to the last digits. */
const [DOUBLINGS, HALVINGS] = [200, 40];

/**
 * A confidence interval of the ratio of two statistics of the same units, as Fieller's: all ratios ρ
 * for which "numerator − ρ · denominator is 0" is not rejected, by the jackknife's interval of that
 * difference. Unlike an interval of the quotient itself it holds however near the denominator is to 0.
 *
 * Fieller, Some problems in interval estimation, 1954.
 *
 * @param numerator a statistic, and the same without each unit
 * @param denominator another of the same units, in the same order
 * @param options as `jackknifeInterval`
 * @returns both ends; "unbounded" where the denominator's own interval holds 0, so that no ratio is
 *   too large; null where there is no interval of numerator or denominator (too few units, no spread)
 * @throws {InputError} when a value is not finite or the confidence is out of range
 *
 * @example
 * const part = { estimate: 3, leaveOneOut: [3, 2.9, 3.1, 3, 2.8, 3.2] };
 * const whole = { estimate: 5, leaveOneOut: [4.9, 5, 5.2, 5, 4.8, 5.1] };
 * ratioInterval(part, whole); // { low: 0.469…, high: 0.697… }
 */
export function ratioInterval(
  numerator: Jackknifed,
  denominator: Jackknifed,
  options: JackknifeOptions = {},
): { low: number; high: number } | "unbounded" | null {
  const difference = (ratio: number) =>
    jackknifeInterval(
      {
        estimate: numerator.estimate - ratio * denominator.estimate,
        leaveOneOut: numerator.leaveOneOut.map(
          (value, i) => value - ratio * denominator.leaveOneOut[i]!,
        ),
      },
      options,
    );
  const holdsZero = (interval: { low: number; high: number }) =>
    interval.low <= 0 && interval.high >= 0;
  const own = jackknifeInterval(denominator, options);
  if (own === null) return constantDenominator(numerator, denominator, options);
  if (holdsZero(own)) return "unbounded";
  const ratio = numerator.estimate / denominator.estimate;
  const atRatio = difference(ratio);
  if (atRatio === null) return null;
  const step = atRatio.standard_error / Math.abs(denominator.estimate);
  const isAccepted = (at: number) => {
    const interval = difference(at);
    return interval === null || holdsZero(interval);
  };
  const [low, high] = [-1, 1].map((side) => lastAccepted(isAccepted, ratio, side * step));
  return low === null || high === null ? "unbounded" : { low: low!, high: high! };
}

/** The ratio is then the numerator in another unit. */
function constantDenominator(
  numerator: Jackknifed,
  { estimate, leaveOneOut }: Jackknifed,
  options: JackknifeOptions,
): { low: number; high: number } | null {
  if (estimate === 0 || leaveOneOut.length !== numerator.leaveOneOut.length) return null;
  const scaled = jackknifeInterval(
    {
      estimate: numerator.estimate / estimate,
      leaveOneOut: numerator.leaveOneOut.map((value) => value / estimate),
    },
    options,
  );
  return scaled && { low: scaled.low, high: scaled.high };
}

/** How far from `start` one can go in a direction before ratios are rejected; null without end. */
function lastAccepted(
  isAccepted: (ratio: number) => boolean,
  start: number,
  firstStep: number,
): number | null {
  let inside = start;
  let step = firstStep;
  let doublings = 0;
  while (isAccepted(start + step)) {
    inside = start + step;
    step *= 2;
    if (++doublings > DOUBLINGS) return null;
  }
  let outside = start + step;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (inside + outside) / 2;
    if (isAccepted(middle)) inside = middle;
    else outside = middle;
  }
  return inside;
}
