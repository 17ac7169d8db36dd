import { type ChangePoint, changeLine, roundingOf } from "../patching/change-line";
import type { Interval } from "../results/evidence-parts";
import { correlationInterval } from "../stats/correlation-interval";
import { isConstant, type Rounding } from "../stats/is-constant";
import { isExactFit, type PointRounding } from "../stats/is-exact-fit";
import {
  type Jackknifed,
  type JackknifeOptions,
  jackknifeInterval,
} from "../stats/jackknife-interval";
import { leaveOneOutLines } from "../stats/leave-one-out-lines";
import { ratioInterval } from "../stats/ratio-interval";

/** With fewer independent prompts no interval was found to cover what it says: docs/results.md. */
export const FEWEST_PROMPTS = 8;

const CONFIDENCE = 0.95;

/** How intervals are made, by their names in result files. */
export type IntervalMethod =
  | "jackknife_t_effective"
  | "jackknife_t"
  | "jackknife_fisher_z"
  | "jackknife_fieller";

/** A statistic of prompts, before it has an interval. */
interface OverPrompts {
  readonly method: IntervalMethod;
  readonly estimate: number | null;
  /** `[prompt]` the statistic without that prompt; null where it does not exist. */
  readonly leaveOneOut: readonly (number | null)[];
  /** Why the estimate is null. */
  readonly whyNone: string | null;
  /** Why there is no interval of it all the same. */
  readonly whyNoInterval?: string | null;
}

/**
 * The statistic with its 95% interval over prompts, or the reason why there is none.
 *
 * @param limits makes the interval of leave-one-out values that all exist; a text says why it cannot
 */
function interval(
  { method, estimate, leaveOneOut, whyNone, whyNoInterval = null }: OverPrompts,
  limits: (leaveOneOut: readonly number[]) => { low: number; high: number } | string | null,
): Interval {
  const n = leaveOneOut.length;
  const existing = leaveOneOut.filter((value) => value !== null);
  const found =
    (estimate === null ? (whyNone ?? "it does not exist for these prompts") : null) ??
    whyTooFew(n) ??
    whyNoInterval ??
    (existing.length < n ? "without one of the prompts it does not exist" : limits(existing)) ??
    EXACT;
  const described = { estimate, confidence: CONFIDENCE, n, resamples: n, usable: existing.length };
  return typeof found === "string"
    ? { ...described, low: null, high: null, method: null, reason: found }
    : { ...described, low: found.low, high: found.high, method, reason: null };
}

/**
 * Both ends of an interval; where prompts do not scatter at all there is none, and both are the estimate.
 */
export function ends({ estimate, low, high, reason }: Interval): {
  readonly low: number | null;
  readonly high: number | null;
} {
  return reason === EXACT || reason === ON_A_LINE
    ? { low: estimate, high: estimate }
    : { low, high };
}

const ON_A_LINE = "activation and prediction lie on one line, up to rounding";

const EXACT = "every prompt says the same, up to rounding: there is no scatter to judge it by";

function whyTooFew(n: number): string | null {
  if (n >= FEWEST_PROMPTS) return null;
  const have = n === 1 ? "one prompt is one measurement" : `${n} different prompts are few`;
  return `${have}: an interval takes ${FEWEST_PROMPTS}`;
}

/** No interval of a number that does not exist. */
export function noInterval(reason: string): Interval {
  const numbers = { estimate: null, low: null, high: null, method: null };
  return { ...numbers, confidence: CONFIDENCE, n: 0, resamples: 0, usable: 0, reason };
}

/** Slope, intercept and R² of a line, each with its interval over prompts. */
export interface LineIntervals {
  readonly slope: Interval;
  readonly intercept: Interval;
  readonly r_squared: Interval;
}

const NO_R_SQUARED =
  "no method covers R² where prompts differ much, up to 200 of them (docs/results.md)";

/**
 * The line of prediction change on activation change with intervals over prompts: whole prompts are
 * left out, since the runs of one are not independent.
 *
 * @param whyNone why there is no line, if that is known already
 */
export function lineIntervals(
  points: readonly ChangePoint[],
  whyNone: string | null = null,
): LineIntervals {
  const line = changeLine(points);
  const { slope, intercept, r_squared } =
    whyNone === null ? line : { slope: null, intercept: null, r_squared: null };
  const { without } = linesOf(points);
  const why = whyNone ?? line.reason;
  const whyNoInterval = line.reason ?? whyExact(points);
  const of = (method: IntervalMethod, key: "slope" | "intercept", options: JackknifeOptions) => {
    const estimate = { slope, intercept }[key];
    const leaveOneOut = without.map((one) => one?.[key] ?? null);
    return interval({ method, estimate, leaveOneOut, whyNone: why, whyNoInterval }, (values) =>
      jackknifeInterval({ estimate: estimate!, leaveOneOut: values }, options),
    );
  };
  return {
    slope: of("jackknife_t_effective", "slope", {}),
    // Prompts weigh about the same on it.
    intercept: of("jackknife_t", "intercept", { degreesOfFreedom: "units" }),
    r_squared: interval(
      {
        method: "jackknife_fisher_z",
        estimate: r_squared,
        leaveOneOut: without.map((one) => square(one?.correlation ?? null)),
        ...{ whyNone: why, whyNoInterval: whyNoInterval ?? NO_R_SQUARED },
      },
      () => null,
    ),
  };
}

function square(r: number | null): number | null {
  return r === null ? null : r * r;
}

function linesOf(points: readonly ChangePoint[]) {
  return leaveOneOutLines(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
  );
}

/** Why residuals are no measurement; null where they are one. */
function whyExact(points: readonly ChangePoint[]): string | null {
  const { slope, intercept } = changeLine(points);
  if (slope === null || intercept === null) return null;
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  return isExactFit(x, y, { slope, intercept }, roundingOf(points))
    ? "the line goes through every point, up to rounding"
    : null;
}

/**
 * The ratio of the slopes of two lines over the same activation changes, with its interval over prompts.
 *
 * @param numerator points whose prediction change is that of the part
 * @param denominator points whose prediction change is the whole
 */
export function slopeRatio(
  numerator: readonly ChangePoint[],
  denominator: readonly ChangePoint[],
  whyNone: string | null = null,
): Interval {
  const [part, whole] = [changeLine(numerator), changeLine(denominator)];
  const [partWithout, wholeWithout] = [linesOf(numerator).without, linesOf(denominator).without];
  const ratio = (of: number | null | undefined, to: number | null | undefined) =>
    of === null || of === undefined || !to ? null : of / to;
  const estimate = whyNone === null ? ratio(part.slope, whole.slope) : null;
  const isExact = whyExact(numerator) !== null && whyExact(denominator) !== null;
  const why = whyNone ?? part.reason ?? whole.reason;
  const leaveOneOut = wholeWithout.map((one, i) => ratio(partWithout[i]?.slope, one?.slope));
  const described = {
    ...{ method: "jackknife_fieller" as const, estimate, leaveOneOut },
    ...{ whyNone: why ?? "the total slope is 0", whyNoInterval: why ?? (isExact ? EXACT : null) },
  };
  return interval(described, () => {
    const slopes = (estimate: number, without: typeof partWithout) => ({
      estimate,
      leaveOneOut: without.map((one) => one!.slope),
    });
    const limits = ratioInterval(
      slopes(part.slope!, partWithout),
      slopes(whole.slope!, wholeWithout),
    );
    return limits === "unbounded" ? "unbounded: the total slope may be 0" : limits;
  });
}

/**
 * The mean of a number for each prompt, with its interval.
 *
 * @param rounding how far each may be off
 */
export function meanInterval(
  values: readonly number[],
  rounding: Rounding,
  whyNone: string | null = null,
): Interval {
  const n = values.length;
  const sum = values.reduce((total, value) => total + value, 0);
  const estimate = n === 0 ? null : sum / n;
  const leaveOneOut = values.map((value) => (n < 2 ? null : (sum - value) / (n - 1)));
  const whyNoInterval = isConstant(values, rounding) ? EXACT : null;
  const described = { estimate, leaveOneOut, whyNone, whyNoInterval };
  return interval({ method: "jackknife_t", ...described }, (without) =>
    jackknifeInterval({ estimate: estimate!, leaveOneOut: without }, { degreesOfFreedom: "units" }),
  );
}

/**
 * Pearson's correlation over prompts, with its interval.
 *
 * @param estimate the correlation, as far as it exists
 * @param rounding how far both may be off
 * @param whyNone why it does not, if it does not
 */
export function correlationOverPrompts(
  estimate: number | null,
  x: readonly number[],
  y: readonly number[],
  rounding: PointRounding,
  whyNone: string,
): Interval {
  const { whole, without } = leaveOneOutLines(x, y);
  const leaveOneOut = without.map((line) => line?.correlation ?? null);
  const isExact = estimate !== null && whole !== null && isExactFit(x, y, whole, rounding);
  const whyNoInterval = isExact ? ON_A_LINE : null;
  const described = { estimate, leaveOneOut, whyNone, whyNoInterval };
  return interval({ method: "jackknife_fisher_z", ...described }, (values) =>
    correlationInterval({ estimate: estimate!, leaveOneOut: values }),
  );
}

/**
 * A slope whose units are prompts, with its interval.
 *
 * @param slope with its leave-one-out values; null where there is none
 */
export function slopeOverPrompts(slope: Jackknifed | null, whyNone: string | null): Interval {
  const described = {
    method: "jackknife_t_effective" as const,
    estimate: whyNone === null ? (slope?.estimate ?? null) : null,
    leaveOneOut: slope?.leaveOneOut ?? [],
    whyNone,
  };
  return interval(described, (leaveOneOut) =>
    jackknifeInterval({ estimate: slope!.estimate, leaveOneOut }),
  );
}

/**
 * The ratio of two slopes over the same prompts, with Fieller's interval.
 *
 * @param whyNone why there is no ratio, if that is known already
 */
export function shareOverPrompts(
  part: Jackknifed | null,
  whole: Jackknifed | null,
  whyNone: string | null,
): Interval {
  const isThere = whyNone === null && part !== null && whole !== null && whole.estimate !== 0;
  const described = {
    method: "jackknife_fieller" as const,
    estimate: isThere ? part.estimate / whole.estimate : null,
    leaveOneOut: isThere ? part.leaveOneOut.map((value, i) => value / whole.leaveOneOut[i]) : [],
    whyNone: whyNone ?? "there is no slope to take a share of",
  };
  return interval(described, () => {
    const limits = ratioInterval(part!, whole!);
    return limits === "unbounded" ? "unbounded: the observational slope may be 0" : limits;
  });
}
