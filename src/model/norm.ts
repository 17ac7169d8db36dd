import * as tf from "@tensorflow/tfjs-core";
import type { ActivationVisitor } from "./activation-visitor";
import type { ModelConfig } from "./config";
import type { NormWeights } from "./weights";

/**
 * Layer norm: centres and divides by the standard deviation. RMS norm: divides by the root mean square
 * (Zhang & Sennrich 2019, arXiv:1910.07467). Then both scale, and the first shifts, unless that was folded.
 *
 * @param name of the norm, before `.hook_scale` and `.hook_normalized`
 */
export function norm<T extends tf.Tensor>(
  weights: NormWeights | null,
  { normalization_type, eps }: Pick<ModelConfig, "normalization_type" | "eps">,
  x: T,
  name: string,
  at: ActivationVisitor,
): T {
  return tf.tidy(() => {
    const centred = normalization_type === "LN" ? tf.sub(x, tf.mean(x, -1, true)) : x;
    const variance = tf.mean(tf.square(centred), -1, true);
    const scale = at(`${name}.hook_scale`, tf.sqrt(tf.add(variance, eps)));
    const normalized = at(`${name}.hook_normalized`, tf.div(centred, scale) as T);
    if (!weights) return tf.clone(normalized);
    const scaled = tf.mul(normalized, weights.w);
    return (weights.b ? tf.add(scaled, weights.b) : scaled) as T;
  });
}
