import type { Jackknifed } from "../../stats/jackknife-interval";

/** The values that were set on a text, and the predictions then. */
export interface TextRuns {
  readonly values: readonly number[];
  readonly predictions: readonly number[];
}

/**
 * Least squares of the prediction on the value, with an intercept for each text, and the same without
 * each text.
 *
 * @returns null where no value varies within a text
 */
export function withinTextSlope(texts: readonly TextRuns[]): Jackknifed | null {
  const parts = texts.map(({ values, predictions }) => {
    // A text may have no run at all.
    if (values.length === 0) return { along: 0, square: 0 };
    const [x, y] = [mean(values), mean(predictions)];
    const along = values.reduce((sum, value, i) => sum + (value - x) * (predictions[i] - y), 0);
    return { along, square: values.reduce((sum, value) => sum + (value - x) ** 2, 0) };
  });
  const [along, square] = [sum(parts.map((one) => one.along)), sum(parts.map((one) => one.square))];
  if (square === 0) return null;
  const without = parts.map((one) => (along - one.along) / (square - one.square));
  if (!without.every(Number.isFinite)) return null;
  return { estimate: along / square, leaveOneOut: without };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
