import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";

/**
 * Mean cross-entropy in nats of each token given those before it.
 *
 * @param logits `[batch, pos, d_vocab]`
 * @param batch token ids, `[batch][pos]`
 * @throws InputError if the sequences have a single token, after which nothing is predicted.
 */
export function nextTokenLoss(
  logits: tf.Tensor3D,
  batch: readonly (readonly number[])[],
): tf.Scalar {
  const [B, T, V] = logits.shape;
  if (T < 2) throw new InputError("a loss needs at least two tokens", { found: "1" });
  return tf.tidy(() => {
    const predicting = tf.slice3d(logits, [0, 0, 0], [B, T - 1, V]);
    const logProbs = tf.reshape(tf.logSoftmax(predicting), [B * (T - 1) * V]);
    const targets = batch.flatMap((ids) => ids.slice(1));
    const flatIndex = targets.map((id, row) => row * V + id);
    return tf.neg(tf.mean(tf.gather(logProbs, tf.tensor1d(flatIndex, "int32")))) as tf.Scalar;
  });
}
