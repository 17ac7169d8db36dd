import type { Rounding } from "./is-constant";

/** A point this close to the line, as a share of what its residual is the difference of, is on it. */
const ROUNDING = 8 * Number.EPSILON;

/** How far x and y may be off; float64's own rounding if not given. */
export interface PointRounding {
  readonly x?: Rounding;
  readonly y?: Rounding;
}

/**
 * Whether a line goes through every point, up to rounding. Residuals are then no measurement, and
 * nothing can be estimated from them.
 *
 * @param x n numbers
 * @param y n numbers
 * @param line the line
 * @param rounding how far the numbers may be off
 *
 * @example
 * isExactFit([0, 1, 3], [0, 0.1, 0.1 + 0.2], { slope: 0.1, intercept: 0 }); // true
 */
export function isExactFit(
  x: readonly number[],
  y: readonly number[],
  { slope, intercept }: { readonly slope: number; readonly intercept: number },
  rounding: PointRounding = {},
): boolean {
  const of = (limit: Rounding | undefined, i: number) =>
    typeof limit === "object" ? limit[i]! : (limit ?? 0);
  return x.every((value, i) => {
    const onLine = slope * value;
    const terms = Math.abs(y[i]!) + Math.abs(onLine) + Math.abs(intercept);
    const limit = of(rounding.y, i) + Math.abs(slope) * of(rounding.x, i) + ROUNDING * terms;
    return Math.abs(y[i]! - onLine - intercept) <= limit;
  });
}
