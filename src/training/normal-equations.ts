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
  const sum = (key: "gram" | "moment" | "squares") => {
    const total = Float64Array.from(kept[0][key]);
    for (const part of kept.slice(1)) {
      const values = part[key];
      for (let i = 0; i < total.length; i++) total[i] += values[i];
    }
    return total;
  };
  return {
    n: kept.reduce((n, part) => n + part.n, 0),
    gram: sum("gram"),
    moment: sum("moment"),
    squares: sum("squares"),
  };
}
