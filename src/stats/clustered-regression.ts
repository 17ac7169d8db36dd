import { InputError } from "../errors";
import { centred } from "./centred";
import { finitePairs } from "./finite-values";
import { isConstant } from "./is-constant";
import { isExactFit, type PointRounding } from "./is-exact-fit";
import { linearRegression } from "./linear-regression";
import { studentTPValue } from "./student-t";

/** A coefficient and how far it is from 0, in standard errors. */
export interface CoefficientTest {
  estimate: number | null;
  /** Robust to dependence within groups. */
  standard_error: number | null;
  t: number | null;
  degrees_of_freedom: number;
  /** Two-sided. */
  p_value: number | null;
  /** Why there is no test; null where there is one. */
  reason: string | null;
}

/** Tests of both coefficients of a line. */
export interface ClusteredRegression {
  slope: CoefficientTest;
  intercept: CoefficientTest;
  /** How many groups. */
  groups: number;
}

/**
 * Least squares of y on x whose points come in groups (the factors of one prompt): standard errors
 * that are robust to any dependence within a group, and t-tests on groups − 1 degrees of freedom.
 *
 * The sandwich estimator with the usual small-sample factor G/(G−1) · (n−1)/(n−2), as statsmodels'
 * `OLS(…).fit(cov_type="cluster", use_t=True)` and Stata's `vce(cluster)`. With few groups (fewer
 * than about twenty) it rejects too often: read it beside an interval or a permutation test.
 *
 * Cameron and Miller, A practitioner's guide to cluster-robust inference, 2015.
 *
 * @param x n numbers
 * @param y n numbers
 * @param groups n labels
 * @param rounding how far x and y may be off
 * @returns both coefficients with standard error, t and p; null with a reason where x or y is
 *   constant, there are fewer than two groups or three points, or the line is exact, up to rounding
 * @throws {InputError} when lengths differ or a value is not finite
 *
 * @example
 * clusteredRegression([0, 1, 0, 2], [0.1, 1, -0.1, 2.2], ["a", "a", "b", "b"]).slope.p_value;
 */
export function clusteredRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  groups: readonly (string | number)[],
  rounding: PointRounding = {},
): ClusteredRegression {
  const [xs, ys] = finitePairs(x, "x", y, "y");
  if (groups.length !== xs.length) {
    throw new InputError("groups must have one label for each point", {
      found: `${groups.length} labels`,
      expected: `${xs.length}`,
    });
  }
  const names = [...new Set(groups)];
  const { slope, intercept } = isConstant(xs, rounding.x)
    ? { slope: null, intercept: null }
    : linearRegression(xs, ys, rounding);
  const degrees_of_freedom = Math.max(names.length - 1, 0);
  const reason =
    whyNot(xs, ys, names.length, rounding) ??
    (isExactFit(xs, ys, { slope: slope!, intercept: intercept! }, rounding) ? EXACT : null);
  const without = (estimate: number | null, why: string) => ({
    ...{ estimate, standard_error: null, t: null, degrees_of_freedom, p_value: null },
    reason: why,
  });
  if (reason !== null) {
    const [line, offset] = [without(slope, reason), without(intercept, reason)];
    return { slope: line, intercept: offset, groups: names.length };
  }
  const errors = standardErrors(xs, ys, slope!, groups);
  const test = (estimate: number, standard_error: number): CoefficientTest => {
    if (standard_error === 0) return without(estimate, EXACT);
    const t = estimate / standard_error;
    const p_value = studentTPValue(t, degrees_of_freedom);
    return { estimate, standard_error, t, degrees_of_freedom, p_value, reason: null };
  };
  return {
    slope: test(slope!, errors.slope),
    intercept: test(intercept!, errors.intercept),
    groups: names.length,
  };
}

const EXACT = "the line goes through every point";

function whyNot(
  xs: readonly number[],
  ys: readonly number[],
  groups: number,
  rounding: PointRounding,
): string | null {
  if (groups < 2) return "fewer than two groups: nothing to generalise over";
  if (xs.length < 3) return "fewer than three points";
  if (isConstant(xs, rounding.x)) return "x is constant";
  return isConstant(ys, rounding.y) ? "y is constant" : null;
}

function standardErrors(
  xs: number[],
  ys: readonly number[],
  slope: number,
  groups: readonly (string | number)[],
): { slope: number; intercept: number } {
  const n = xs.length;
  const { mean, differences: dx } = centred(xs);
  // Of differences, and with the mean of 0 that they have: a large offset takes no digits.
  const { differences: dy } = centred([...ys]);
  const { differences: residuals } = centred(dx.map((d, i) => dy[i]! - slope * d));
  const squares = dx.reduce((sum, d) => sum + d * d, 0);
  const bySlope = new Map<string | number, number>();
  const byIntercept = new Map<string | number, number>();
  dx.forEach((d, i) => {
    const group = groups[i]!;
    const residual = residuals[i]!;
    const leverage = d / squares;
    bySlope.set(group, (bySlope.get(group) ?? 0) + leverage * residual);
    byIntercept.set(group, (byIntercept.get(group) ?? 0) + (1 / n - mean * leverage) * residual);
  });
  const count = bySlope.size;
  const correction = (count / (count - 1)) * ((n - 1) / (n - 2));
  const error = (scores: ReadonlyMap<string | number, number>) =>
    Math.sqrt(correction * [...scores.values()].reduce((sum, score) => sum + score * score, 0));
  return { slope: error(bySlope), intercept: error(byIntercept) };
}
