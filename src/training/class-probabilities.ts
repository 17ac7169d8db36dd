import * as tf from "@tensorflow/tfjs-core";
import type { HiddenLayerConfig } from "../heads/head-config";
import type { HeadFiles } from "../heads/load-head";
import { type FeatureRows, standardisedRows } from "./feature-rows";
import { headOutputs } from "./train-by-gradient";

/** Probability of each class for each of `features.rows`, `[n][classes]`. */
export function classProbabilities(
  tensors: HeadFiles["tensors"],
  hidden: HiddenLayerConfig | null,
  features: FeatureRows,
): Float32Array[] {
  const { columns, rows } = features;
  const asTheyAre = {
    mean: new Float64Array(columns),
    scale: new Float64Array(columns).fill(1),
  };
  const classes = tensors.get("output.bias")!.data.length;
  const values = tf.tidy(() => {
    const x = tf.tensor2d(standardisedRows(features, asTheyAre), [rows.length, columns]);
    const named = [...tensors].map(([name, { data, shape }]) => [
      name,
      tf.tensor(data, [...shape]),
    ]);
    const logits = headOutputs(Object.fromEntries(named), hidden, x, (read) => read);
    return tf.softmax(logits).dataSync() as Float32Array;
  });
  return rows.map((_, row) => values.subarray(row * classes, (row + 1) * classes));
}
