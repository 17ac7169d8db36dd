import * as tf from "@tensorflow/tfjs-core";
import { type FeatureRows, type Standardisation, standardisedRows } from "./feature-rows";

/** Sums that a least-squares fit needs, over some rows of standardised features X and centred targets Y. */
export interface NormalEquations {
  /** How many rows were summed. */
  readonly n: number;
  /** XᵀX, `[d × d]` */
  readonly gram: Float64Array;
  /** XᵀY, `[d × targets]` */
  readonly moment: Float64Array;
  /** Sum of squares of each target. */
  readonly squares: Float64Array;
}

/**
 * Rows that are summed in one float32 product; sums over products are in float64. Few enough that
 * rounding stays near 1e−7, many enough that the product is fast.
 */
const ROWS_PER_PRODUCT = 2048;

/**
 * Sums up the normal equations, on the tensor engine.
 *
 * @param targets `[rows × targetCount]`, centred
 */
export function normalEquations(
  features: FeatureRows,
  standard: Standardisation,
  targets: Float32Array,
  targetCount: number,
): NormalEquations {
  const { columns, rows } = features;
  const gram = new Float64Array(columns * columns);
  const moment = new Float64Array(columns * targetCount);
  const squares = new Float64Array(targetCount);
  for (let from = 0; from < rows.length; from += ROWS_PER_PRODUCT) {
    const to = Math.min(from + ROWS_PER_PRODUCT, rows.length);
    tf.tidy(() => {
      const x = tf.tensor2d(standardisedRows(features, standard, from, to), [to - from, columns]);
      const values = targets.subarray(from * targetCount, to * targetCount);
      const y = tf.tensor2d(values, [to - from, targetCount]);
      addTo(gram, tf.matMul(x, x, true));
      addTo(moment, tf.matMul(x, y, true));
      addTo(squares, tf.sum(tf.square(y), 0));
    });
  }
  return { n: rows.length, gram, moment, squares };
}

/** The same sums for targets that are fitted one by one: what each has of its own. */
export interface SharedEquations extends Pick<NormalEquations, "n" | "gram"> {
  /** `[target]` XᵀY, `[d]`, and the sum of its squares. */
  readonly targets: readonly { readonly moment: Float64Array; readonly squares: Float64Array }[];
}

/**
 * Sums up the normal equations of several targets on the same features. Each has the numbers that it
 * would have alone, to the last bit.
 *
 * @param targets of each `[rows]`, centred
 */
export function sharedEquations(
  features: FeatureRows,
  standard: Standardisation,
  targets: readonly Float32Array[],
): SharedEquations {
  const { columns, rows } = features;
  const gram = new Float64Array(columns * columns);
  const sums = targets.map(() => ({
    moment: new Float64Array(columns),
    squares: new Float64Array(1),
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_PRODUCT) {
    const to = Math.min(from + ROWS_PER_PRODUCT, rows.length);
    tf.tidy(() => {
      const x = tf.tensor2d(standardisedRows(features, standard, from, to), [to - from, columns]);
      addTo(gram, tf.matMul(x, x, true));
      targets.forEach((target, i) => {
        tf.tidy(() => {
          const y = tf.tensor2d(target.subarray(from, to), [to - from, 1]);
          addTo(sums[i].moment, tf.matMul(x, y, true));
          addTo(sums[i].squares, tf.sum(tf.square(y), 0));
        });
      });
    });
  }
  return { n: rows.length, gram, targets: sums };
}

function addTo(sum: Float64Array, part: tf.Tensor): void {
  const values = part.dataSync();
  for (let i = 0; i < sum.length; i++) sum[i] += values[i];
}

/** Sums over the rows of all parts, or of all but one. */
export function combined(
  parts: readonly NormalEquations[],
  without?: NormalEquations,
): NormalEquations {
  const kept = parts.filter((part) => part !== without);
  return {
    n: kept.reduce((n, part) => n + part.n, 0),
    gram: total(kept.map(({ gram }) => gram)),
    moment: total(kept.map(({ moment }) => moment)),
    squares: total(kept.map(({ squares }) => squares)),
  };
}

/** XᵀY of all parts but one. */
export function combinedMoment(
  parts: readonly NormalEquations[],
  without: NormalEquations,
): Float64Array {
  return total(parts.filter((part) => part !== without).map(({ moment }) => moment));
}

function total(arrays: readonly Float64Array[]): Float64Array {
  const sum = Float64Array.from(arrays[0]);
  for (const values of arrays.slice(1)) {
    for (let i = 0; i < sum.length; i++) sum[i] += values[i];
  }
  return sum;
}
