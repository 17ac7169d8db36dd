import { FigureError } from "../errors";
import type { LinearRegression } from "../stats/linear-regression";
import { formatNumber } from "../text/format-number";

/** A fitted line, or why there is none. */
export interface LineFit extends Readonly<LinearRegression> {
  /** Why slope and intercept are null. */
  readonly reason?: string | null;
}

/** What a figure draws of a fit. */
export type DrawableFit =
  | { readonly line: (x: number) => number; readonly equation: string; readonly quality: string }
  | { readonly line: null; readonly equation: string; readonly quality: string };

/**
 * A fit as a line and in words.
 *
 * @param x - name of the explaining quantity in the equation
 * @param y - name of the explained quantity
 * @throws {FigureError} naming the fit, when a value is NaN or infinite
 */
export function drawableFit(name: string, fit: LineFit, x: string, y: string): DrawableFit {
  const { slope, intercept, r_squared } = fit;
  for (const [key, value] of Object.entries({ slope, intercept, r_squared })) {
    if (value !== null && !Number.isFinite(value)) {
      throw new FigureError(`The ${key} of ${name} cannot be drawn`, {
        found: String(value),
        expected: "a finite number, or null",
      });
    }
  }
  if (slope === null || intercept === null) {
    return {
      line: null,
      equation: `no fit: ${fit.reason ?? "too few different points"}`,
      quality: "",
    };
  }
  const sign = intercept < 0 ? "−" : "+";
  return {
    line: (at) => slope * at + intercept,
    equation: `${y} = ${formatNumber(slope)} × ${x} ${sign} ${formatNumber(Math.abs(intercept))}`,
    quality: qualityText(r_squared),
  };
}

/** Only a fit that is exact may say so. */
function qualityText(rSquared: number | null): string {
  if (rSquared === null) return "R² does not exist";
  if (rSquared < 1 && rSquared >= 0.9995) return "R² > 0.999";
  return `R² = ${formatNumber(rSquared, 3)}`;
}
