import * as tf from "@tensorflow/tfjs-core";

/** cap · tanh(x / cap), which no number passes (Gemma 2, arXiv:2408.00118, section 2.2); x if there is no cap. */
export function softCap<T extends tf.Tensor>(x: T, cap: number | null): T {
  return cap === null ? x : tf.tidy(() => tf.mul(tf.tanh(tf.div(x, cap)), cap) as T);
}
