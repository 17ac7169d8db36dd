import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { AttentionMask } from "./attention-mask";

export interface LossOptions {
  /** Padding: nothing is predicted there or from there. */
  readonly mask?: AttentionMask | null;
  /** A loss for each predicted token `[batch, pos − 1]` (0 at padding) instead of their mean. */
  readonly perToken?: boolean;
}

/**
 * Cross-entropy in nats of each token given those before it.
 *
 * @param logits `[batch, pos, d_vocab]`
 * @param batch token ids, `[batch][pos]`
 * @returns their mean, a scalar; with `perToken` all of them, `[batch, pos − 1]`
 * @throws InputError if no sequence has two tokens: after one, nothing is predicted.
 */
export function nextTokenLoss(
  logits: tf.Tensor3D,
  batch: readonly (readonly number[])[],
  { mask = null, perToken = false }: LossOptions = {},
): tf.Tensor {
  const [B, T, V] = logits.shape;
  const counted = batch.map((ids, row) =>
    ids.slice(1).map((_, t) => (mask ? mask[row][t] * mask[row][t + 1] : 1)),
  );
  const count = counted.flat().reduce((sum, value) => sum + value, 0);
  if (count === 0) throw new InputError("a loss needs at least two tokens", { found: "1" });
  return tf.tidy(() => {
    const predicting = tf.slice3d(logits, [0, 0, 0], [B, T - 1, V]);
    const logProbs = tf.reshape(tf.logSoftmax(predicting), [B * (T - 1) * V]);
    const targets = batch.flatMap((ids) => ids.slice(1));
    const flatIndex = targets.map((id, row) => row * V + id);
    const losses = tf.neg(tf.gather(logProbs, tf.tensor1d(flatIndex, "int32")));
    const real = mask ? tf.mul(losses, tf.tensor1d(counted.flat())) : losses;
    return perToken ? tf.reshape(real, [B, T - 1]) : tf.div(tf.sum(real), count);
  });
}
