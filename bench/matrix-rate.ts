import * as tf from "@tensorflow/tfjs-core";
import type { HookedTransformer } from "../src/model/hooked-transformer";
import { type Progress, silentProgress } from "../src/progress/progress";

/** Rows of a product, as of a batch of patched runs. */
const ROWS = 1024;

/** The machine's rate of matrix products of an MLP's size, measured between the batches of a run. */
export interface MatrixRate extends Progress {
  /** Time that the products took so far. */
  readonly seconds: number;
  readonly flopsPerSecond: number;
}

/** Computes `[1024, d_model] × [d_model, d_mlp]` whenever the work that it is given to pauses. */
export function matrixRate({ cfg }: HookedTransformer): MatrixRate {
  const { d_model, d_mlp } = cfg;
  const rows: tf.Tensor2D = tf.randomNormal([ROWS, d_model], 0, 1, "float32", 1);
  const weights: tf.Tensor2D = tf.randomNormal([d_model, d_mlp], 0, 1, "float32", 2);
  const product = () => tf.matMul(rows, weights).dispose();
  product();
  let seconds = 0;
  let products = 0;
  return {
    ...silentProgress,
    async breathe() {
      const started = performance.now();
      product();
      seconds += (performance.now() - started) / 1000;
      products++;
    },
    done: () => tf.dispose([rows, weights]),
    get seconds() {
      return seconds;
    },
    get flopsPerSecond() {
      return (products * 2 * ROWS * d_model * d_mlp) / seconds;
    },
  };
}

/** Floating-point operations of a row in one block's matrix products; attention's own are left out. */
export function blockFlops({ cfg }: HookedTransformer): number {
  const { d_model, d_mlp } = cfg;
  return 2 * d_model * (4 * d_model + 2 * d_mlp);
}
