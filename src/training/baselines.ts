import { randomStream } from "../stats/random-stream";
import { type RegressionMetrics, regressionMetrics } from "./evaluation";
import type { FeatureRows } from "./feature-rows";
import { rowViews } from "./feature-rows";
import { ridgeRegressions } from "./ridge-regression";

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
  /** Every row's last token. */
  readonly lastTokens: readonly number[];
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** The fold of each training row. */
  readonly foldOf: Int32Array;
  readonly seed: number;
}

/**
 * Computes the baselines on the test texts, for each head that learns from the same texts.
 *
 * @param targets every row's, for each head
 */
export function baselines(data: BaselineData, targets: readonly Float64Array[]): Baselines[] {
  const { train, test } = data;
  const shuffled = shuffledLabels(data, targets);
  return targets.map((of, i) => {
    const tested = test.map((row) => of[row]);
    const mean = average(train.map((row) => of[row]));
    return {
      mean: regressionMetrics(
        tested.map(() => mean),
        tested,
      ),
      last_token: regressionMetrics(byLastToken(data, of, mean), tested),
      shuffled_labels: shuffled[i],
    };
  });
}

function byLastToken(
  { lastTokens, train, test }: BaselineData,
  targets: Float64Array,
  mean: number,
): number[] {
  const seen = new Map<number, number[]>();
  for (const row of train) {
    const list = seen.get(lastTokens[row]);
    if (list) list.push(targets[row]);
    else seen.set(lastTokens[row], [targets[row]]);
  }
  const means = new Map([...seen].map(([token, values]) => [token, average(values)]));
  return test.map((row) => means.get(lastTokens[row]) ?? mean);
}

function shuffledLabels(
  { features, train, test, foldOf, seed }: BaselineData,
  targets: readonly Float64Array[],
): RegressionMetrics[] {
  const dealt = targets.map((of) => {
    const stream = randomStream(seed, "shuffled-labels");
    return {
      learnt: Float64Array.from(stream.shuffle(train.map((row) => of[row]))),
      tested: stream.shuffle(test.map((row) => of[row])),
    };
  });
  const learnt = dealt.map((of) => of.learnt);
  const fits = ridgeRegressions({ ...features, rows: train }, learnt, { foldOf });
  const rows = rowViews({ ...features, rows: test });
  return fits.map(({ weights, intercept }, head) => {
    const predictions = rows.map((row) => {
      let sum = intercept;
      for (let i = 0; i < row.length; i++) sum += weights[i] * row[i];
      return sum;
    });
    return regressionMetrics(predictions, dealt[head].tested);
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
