import type { Jackknifed } from "../../stats/jackknife-interval";
import { mean } from "../../stats/mean";

/** The values that were set on a text, which texts they are from, and the predictions then. */
export interface TextRuns {
  readonly values: readonly number[];
  readonly predictions: readonly number[];
  /** The text that each value is from. */
  readonly donors: readonly number[];
}

/**
 * Least squares of the prediction on the value, with an intercept for each text, and the same without
 * each text: without the runs on it, and without those of other texts that took its value. A head that
 * bends has another slope over other values, so an interval that leaves out the former alone is too narrow
 * (docs/audit.md).
 *
 * @returns null where no value varies within a text
 */
export function withinTextSlope(texts: readonly TextRuns[]): Jackknifed | null {
  const left = texts.map(() => ({ along: 0, square: 0 }));
  const total = { along: 0, square: 0 };
  texts.forEach(({ values, predictions, donors }, text) => {
    const runs = values.length;
    // What a single run, or none, says is taken up by the intercept.
    if (runs < 2) return;
    const [x, y] = [mean(values), mean(predictions)];
    values.forEach((value, i) => {
      const along = (value - x) * (predictions[i] - y);
      const square = (value - x) ** 2;
      total.along += along;
      total.square += square;
      left[text].along += along;
      left[text].square += square;
      // Without one of the runs the others' mean moves as well.
      left[donors[i]].along += (along * runs) / (runs - 1);
      left[donors[i]].square += (square * runs) / (runs - 1);
    });
  });
  if (total.square === 0) return null;
  const without = left.map(({ along, square }) => (total.along - along) / (total.square - square));
  if (!without.every(Number.isFinite)) return null;
  return { estimate: total.along / total.square, leaveOneOut: without };
}
