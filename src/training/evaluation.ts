import { linearRegression } from "../stats/linear-regression";
import { pearsonCorrelation } from "../stats/pearson-correlation";

/** How good predictions are. Keys are those of `training_metrics.json`. */
export interface RegressionMetrics {
  /** How many texts. */
  readonly n: number;
  /** Mean squared error, in the activation's units squared. */
  readonly mse: number;
  /** Mean absolute error, in the activation's units. */
  readonly mae: number;
  /** 1 − mse / variance; below 0 is worse than the mean. null if the targets are all equal. */
  readonly r2: number | null;
  /** Pearson's; null if the predictions or the targets are all equal. */
  readonly correlation: number | null;
  /** The line target ≈ slope · prediction + intercept; a calibrated head has slope 1 and intercept 0. */
  readonly calibration: { readonly slope: number | null; readonly intercept: number | null };
}

/** Compares predictions with what was to be predicted. */
export function regressionMetrics(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
): RegressionMetrics {
  const n = targets.length;
  let squares = 0;
  let distances = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    squares += (predictions[i] - targets[i]) ** 2;
    distances += Math.abs(predictions[i] - targets[i]);
    sum += targets[i];
  }
  let spread = 0;
  for (let i = 0; i < n; i++) spread += (targets[i] - sum / n) ** 2;
  const { slope, intercept } = linearRegression(predictions, targets);
  return {
    n,
    mse: squares / n,
    mae: distances / n,
    r2: spread > 0 ? 1 - squares / spread : null,
    correlation: pearsonCorrelation(predictions, targets),
    calibration: { slope, intercept },
  };
}

/** How well classes are told apart. Keys are those of `training_metrics.json`. */
export interface ClassMetrics {
  /** Share of texts whose most probable class is the right one. */
  readonly accuracy: number;
  /** The same, a class off counted as right. */
  readonly accuracy_within_one: number;
  /** Mean cross-entropy in nats. */
  readonly cross_entropy: number;
  /** Mean distance between the highest probability and how often it is right, in ten bins (ECE). */
  readonly expected_calibration_error: number;
}

const CONFIDENCE_BINS = 10;

/**
 * Compares class probabilities with the right classes.
 *
 * Expected calibration error: Guo et al. 2017, https://arxiv.org/abs/1706.04599
 */
export function classMetrics(
  probabilities: readonly ArrayLike<number>[],
  labels: readonly number[],
): ClassMetrics {
  const bins = Array.from({ length: CONFIDENCE_BINS }, () => ({ confidence: 0, right: 0 }));
  let right = 0;
  let near = 0;
  let entropy = 0;
  probabilities.forEach((row, i) => {
    const values = Array.from(row);
    const confidence = Math.max(...values);
    const guess = values.indexOf(confidence);
    const isRight = guess === labels[i];
    const bin = bins[Math.min(Math.floor(confidence * CONFIDENCE_BINS), CONFIDENCE_BINS - 1)];
    bin.confidence += confidence;
    bin.right += Number(isRight);
    right += Number(isRight);
    near += Number(Math.abs(guess - labels[i]) <= 1);
    entropy -= Math.log(Math.max(values[labels[i]], Number.MIN_VALUE));
  });
  const n = labels.length;
  return {
    accuracy: right / n,
    accuracy_within_one: near / n,
    cross_entropy: entropy / n,
    expected_calibration_error:
      bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / n,
  };
}
