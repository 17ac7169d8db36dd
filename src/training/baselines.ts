import { randomStream } from "../stats/random-stream";
import { type RegressionMetrics, regressionMetrics } from "./evaluation";
import type { FeatureRows } from "./feature-rows";
import { rowViews } from "./feature-rows";
import { ridgeRegression } from "./ridge-regression";

/** Test metrics of predictors that know less than the head. */
export interface Baselines {
  /** The training texts' mean, whatever the text. */
  readonly mean: RegressionMetrics;
  /** The training texts' mean over those with the same last token; over all for tokens never seen. */
  readonly last_token: RegressionMetrics;
  /**
   * A ridge regression that learnt, and is tested on, targets dealt out to the wrong texts: what a
   * linear head can do by memory alone (Hewitt and Liang 2019, https://arxiv.org/abs/1909.03368).
   */
  readonly shuffled_labels: RegressionMetrics;
}

export interface BaselineData {
  /** Every row's features; `rows` is not looked at. */
  readonly features: FeatureRows;
  /** Every row's target. */
  readonly targets: Float64Array;
  /** Every row's last token. */
  readonly lastTokens: readonly number[];
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** The fold of each training row. */
  readonly foldOf: Int32Array;
  readonly seed: number;
}

/** Computes the baselines on the test texts. */
export function baselines(data: BaselineData): Baselines {
  const { targets, test } = data;
  const tested = test.map((row) => targets[row]);
  const mean = average(data.train.map((row) => targets[row]));
  return {
    mean: regressionMetrics(
      tested.map(() => mean),
      tested,
    ),
    last_token: regressionMetrics(byLastToken(data, mean), tested),
    shuffled_labels: shuffledLabels(data),
  };
}

function byLastToken({ targets, lastTokens, train, test }: BaselineData, mean: number): number[] {
  const seen = new Map<number, number[]>();
  for (const row of train) {
    const list = seen.get(lastTokens[row]);
    if (list) list.push(targets[row]);
    else seen.set(lastTokens[row], [targets[row]]);
  }
  const means = new Map([...seen].map(([token, values]) => [token, average(values)]));
  return test.map((row) => means.get(lastTokens[row]) ?? mean);
}

function shuffledLabels({ features, targets, train, test, foldOf, seed }: BaselineData) {
  const stream = randomStream(seed, "shuffled-labels");
  const learnt = Float64Array.from(stream.shuffle(train.map((row) => targets[row])));
  const tested = stream.shuffle(test.map((row) => targets[row]));
  const { weights, intercept } = ridgeRegression({ ...features, rows: train }, learnt, { foldOf });
  const predictions = rowViews({ ...features, rows: test }).map((row) => {
    let sum = intercept;
    for (let i = 0; i < row.length; i++) sum += weights[i] * row[i];
    return sum;
  });
  return regressionMetrics(predictions, tested);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
