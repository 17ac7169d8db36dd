import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { cholesky } from "./cholesky";
import { type FeatureRows, standardisation, standardisedRows } from "./feature-rows";
import { combined, normalEquations } from "./normal-equations";

/** What is known of one neuron before a head is trained for it. */
export interface NeuronStatistics {
  readonly neuron: number;
  readonly mean: number;
  /** Population variance of its activation. */
  readonly variance: number;
  /** Largest minus smallest activation. */
  readonly range: number;
  /** Share of activations below 5 % of the largest in magnitude. */
  readonly sparsity: number;
  /** R² of a ridge regression on the features, on texts that it did not see. */
  readonly r_squared: number;
  /** Whether it varies enough to be worth predicting: see `scanNeurons`. */
  readonly eligible: boolean;
}

/** An activation below this share of the neuron's largest counts as silent. */
const SILENT_SHARE = 0.05;

/** A neuron that is silent on more texts than this is left out. */
const MOST_SILENT = 0.5;

/** Penalty of the estimate, per row and on standardised features. */
const PENALTY = 0.01;

/** One row in this many is kept to test the estimate on. */
const TESTED_ROWS = 4;

/**
 * Ranks the neurons of one activation by how well a linear head could predict them.
 *
 * A neuron is eligible if its variance is at least the median of all neurons and it is silent on at
 * most half of the texts. Eligible ones come first; among them, the best predicted first.
 *
 * @param features what a head would read, `features.rows` of it
 * @param activations `[all rows × size]`, beside `features.data`
 * @param size how many neurons there are
 * @returns every neuron, the best first
 * @throws InputError if no neuron varies.
 */
export function scanNeurons(
  features: FeatureRows,
  activations: Float32Array,
  size: number,
): NeuronStatistics[] {
  const targets: FeatureRows = { data: activations, columns: size, rows: features.rows };
  const rSquared = estimatedRSquared(features, targets);
  const described = Array.from({ length: size }, (_, neuron) => ({
    neuron,
    ...describe(targets, neuron),
    r_squared: rSquared[neuron],
  }));
  const variances = described.map(({ variance }) => variance).sort((a, b) => a - b);
  if (!(variances[size - 1] > 0)) {
    throw new InputError("no neuron of this activation varies over the texts", {
      remedy: "Give texts that end in different tokens, or another activation.",
    });
  }
  const median = variances[Math.floor((size - 1) / 2)];
  return described
    .map((one) => ({
      ...one,
      eligible: one.variance > 0 && one.variance >= median && one.sparsity <= MOST_SILENT,
    }))
    .sort(
      (a, b) =>
        Number(b.eligible) - Number(a.eligible) || b.r_squared - a.r_squared || a.neuron - b.neuron,
    );
}

function describe({ data, columns, rows }: FeatureRows, neuron: number) {
  let sum = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = data[row * columns + neuron];
    sum += value;
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  const mean = sum / rows.length;
  const silent = SILENT_SHARE * Math.max(Math.abs(smallest), Math.abs(largest));
  let squares = 0;
  let silentRows = 0;
  for (const row of rows) {
    const value = data[row * columns + neuron];
    squares += (value - mean) ** 2;
    if (Math.abs(value) < silent) silentRows++;
  }
  return {
    mean,
    variance: squares / rows.length,
    range: largest - smallest,
    sparsity: silentRows / rows.length,
  };
}

/** R² of all neurons at once: one factor, learnt on three rows of four and tested on the fourth. */
function estimatedRSquared(features: FeatureRows, targets: FeatureRows): Float64Array {
  const learn = features.rows.filter((_, index) => index % TESTED_ROWS !== 0);
  const test = features.rows.filter((_, index) => index % TESTED_ROWS === 0);
  const standard = standardisation({ ...features, rows: learn });
  const scale = standardisation({ ...targets, rows: learn });
  const d = features.columns;
  const m = targets.columns;
  const learnt = standardisedRows({ ...targets, rows: learn }, scale);
  const { gram, moment, n } = combined([
    normalEquations({ ...features, rows: learn }, standard, learnt, m),
  ]);
  const factor = cholesky(gram, d, PENALTY * n)!;
  const weights = new Float32Array(d * m);
  for (let neuron = 0; neuron < m; neuron++) {
    const solution = factor.solve(
      Float64Array.from({ length: d }, (_, i) => moment[i * m + neuron]),
    );
    for (let i = 0; i < d; i++) weights[i * m + neuron] = solution[i];
  }
  const sums: ArrayLike<number>[] = [];
  tf.tidy(() => {
    const x = tf.tensor2d(standardisedRows({ ...features, rows: test }, standard), [
      test.length,
      d,
    ]);
    const y = tf.tensor2d(standardisedRows({ ...targets, rows: test }, scale), [test.length, m]);
    const predicted = tf.matMul(x, tf.tensor2d(weights, [d, m]));
    for (const differences of [tf.sub(y, predicted), tf.sub(y, tf.mean(y, 0))]) {
      sums.push(tf.sum(tf.square(differences), 0).dataSync());
    }
  });
  const [missed, spread] = sums;
  return Float64Array.from(missed, (value, i) => (spread[i] > 0 ? 1 - value / spread[i] : 0));
}
