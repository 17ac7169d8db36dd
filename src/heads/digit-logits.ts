import * as tf from "@tensorflow/tfjs-core";
import { unembeddingBias, unembeddingRows } from "../model/vocabulary";
import { dotProduct } from "../stats/dot-product";
import type { BoundHead } from "./bind-head";

/** How the ten digits' logits follow from the residual stream after the last block, in float64. */
export interface DigitLogits {
  /** `[10]` logits of a residual stream `[d_model]`. */
  logits(residual: ArrayLike<number>): number[];
  /** `[d_model]` the gradient of Σ factors[i] · logits[i] with respect to the residual stream. */
  gradient(residual: ArrayLike<number>, factors: readonly number[]): number[];
}

/**
 * The final layer norm and the digits' columns of the unembedding, as functions of one residual
 * stream.
 *
 * @throws Error unless it is a token head.
 */
export function digitLogits({ model, digitTokens }: BoundHead): DigitLogits {
  if (!digitTokens) throw new Error("only a token head reads the digits' logits");
  const { cfg, weights } = model;
  const ids = tf.tensor1d([...digitTokens], "int32");
  const unembedding = arrayOf(() => unembeddingRows(weights.unembedding, ids)) as number[][];
  const bias = arrayOf(() => unembeddingBias(weights.unembedding, ids)) as number[];
  ids.dispose();
  const { w, b } = weights.ln_final ?? { w: null, b: null };
  const scale = w && Array.from(w.dataSync());
  const shift = b && Array.from(b.dataSync());
  const isCentred = cfg.normalization_type === "LN";
  const cap = cfg.output_logits_soft_cap;
  const normalised = (residual: ArrayLike<number>) => normalise(residual, cfg.eps, isCentred);
  const uncapped = (values: readonly number[]) => {
    const read = values.map((value, j) => value * (scale?.[j] ?? 1) + (shift?.[j] ?? 0));
    return unembedding.map((column, i) => dotProduct(column, read) + bias[i]);
  };
  return {
    logits(residual) {
      const logits = uncapped(normalised(residual).values);
      return cap === null ? logits : logits.map((logit) => cap * Math.tanh(logit / cap));
    },
    gradient(residual, given) {
      const { values, divisor } = normalised(residual);
      const factors =
        cap === null
          ? given
          : uncapped(values).map((logit, i) => given[i] * (1 - Math.tanh(logit / cap) ** 2));
      const wanted = values.map(
        (_, j) =>
          (scale?.[j] ?? 1) *
          factors.reduce((sum, factor, i) => sum + factor * unembedding[i][j], 0),
      );
      const mean = isCentred ? wanted.reduce((sum, value) => sum + value, 0) / wanted.length : 0;
      const along = dotProduct(values, wanted) / values.length;
      return wanted.map((value, j) => (value - mean - values[j] * along) / divisor);
    },
  };
}

function normalise(
  residual: ArrayLike<number>,
  eps: number,
  isCentred: boolean,
): { values: number[]; divisor: number } {
  const own = Array.from(residual);
  const mean = isCentred ? own.reduce((sum, value) => sum + value, 0) / own.length : 0;
  const centred = own.map((value) => value - mean);
  const divisor = Math.sqrt(dotProduct(centred, centred) / own.length + eps);
  return { values: centred.map((value) => value / divisor), divisor };
}

function arrayOf(make: () => tf.Tensor): number[] | number[][] {
  return tf.tidy(() => make().arraySync()) as number[] | number[][];
}
