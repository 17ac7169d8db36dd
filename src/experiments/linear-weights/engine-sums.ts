import * as tf from "@tensorflow/tfjs-core";
import type { WeightedSums } from "../../stats/gaussian-vectors";

/** {@link WeightedSums} by the tensor engine, in float32. */
export const engineSums: WeightedSums = (factors, rows) => {
  const [k, d] = [rows.length, rows[0].length];
  const flat = new Float32Array(k * d);
  rows.forEach((row, i) => {
    flat.set(row, i * d);
  });
  const n = factors.length / k;
  const product = tf.tidy(() => tf.matMul(tf.tensor2d(factors, [n, k]), tf.tensor2d(flat, [k, d])));
  const data = product.dataSync<"float32">() as Float32Array;
  product.dispose();
  return Array.from({ length: n }, (_, draw) => data.subarray(draw * d, (draw + 1) * d));
};
