import { binaryScale } from "./binary-scale";
import { centred } from "./centred";
import { finitePairs } from "./finite-values";
import { isConstant } from "./is-constant";
import type { PointRounding } from "./is-exact-fit";

/** The line y = slope · x + intercept and how much of y it explains. */
export interface LinearRegression {
  slope: number | null;
  intercept: number | null;
  /** Coefficient of determination R². */
  r_squared: number | null;
}

/**
 * Ordinary least squares of y on x, as scikit-learn's `LinearRegression` with `r2_score`.
 *
 * The edges follow scikit-learn, so that Python and TypeScript report the same:
 * - fewer than two points: no line, all three are null;
 * - constant x: slope 0, intercept mean(y), R² 0;
 * - constant y: slope 0, intercept that constant, R² 1 (the fit is perfect; `r2_score` with its
 *   default `force_finite` says 1 there, not NaN), also when x is constant too.
 *
 * "Constant" means up to float64 rounding, see `isConstant`: nobody wants a slope of 10¹⁵
 * because two equal activations differ in their last bit. What was computed in float32 is constant
 * up to more than that, which `rounding` says.
 *
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html
 *
 * @param x n numbers, the explaining quantity (activation change)
 * @param y n numbers, the explained quantity (prediction change)
 * @param rounding how far x and y may be off
 * @returns slope (units of y per unit of x), intercept (units of y) and R²
 * @throws {InputError} when the lengths differ or a value is not finite
 *
 * @example
 * linearRegression([0, 1, 2], [1, 3, 5]); // { slope: 2, intercept: 1, r_squared: 1 }
 * linearRegression([1, 1], [0, 4]); // { slope: 0, intercept: 2, r_squared: 0 }
 */
export function linearRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  rounding: PointRounding = {},
): LinearRegression {
  const [xs, ys] = finitePairs(x, "x", y, "y");
  if (xs.length < 2) return { slope: null, intercept: null, r_squared: null };
  const { mean: meanX, differences: dx } = centred(xs);
  const { mean: meanY, differences: dy } = centred(ys);
  if (isConstant(ys, rounding.y)) return { slope: 0, intercept: meanY, r_squared: 1 };
  if (isConstant(xs, rounding.x)) return { slope: 0, intercept: meanY, r_squared: 0 };

  // Scaled to about 1, so that no square vanishes or overflows.
  const scaleX = binaryScale(dx);
  const scaleY = binaryScale(dy);
  let sumXY = 0;
  let sumXX = 0;
  for (let i = 0; i < dx.length; i++) {
    const u = dx[i]! / scaleX;
    sumXY += u * (dy[i]! / scaleY);
    sumXX += u * u;
  }
  const scaledSlope = sumXY / sumXX;
  let residual = 0;
  let total = 0;
  for (let i = 0; i < dx.length; i++) {
    const v = dy[i]! / scaleY;
    residual += (v - scaledSlope * (dx[i]! / scaleX)) ** 2;
    total += v * v;
  }
  const slope = scaledSlope * (scaleY / scaleX);
  return { slope, intercept: meanY - slope * meanX, r_squared: 1 - residual / total };
}
