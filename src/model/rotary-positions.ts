/**
 * Rotary positions: each pair of a head's coordinates (i, i + rotary_dim / 2) is turned by an angle that
 * grows with the position.
 *
 * References: Su et al. 2021, "RoFormer" (arXiv:2104.09864); transformers' `modeling_rope_utils.py`, whose
 * float32 roundings these are.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ModelConfig, RotaryScaling } from "./config";

/** Cosines and sines of each position's angles, `[rows, T, 1, rotary_dim / 2]`. */
export interface RotaryAngles {
  readonly cos: tf.Tensor4D;
  readonly sin: tf.Tensor4D;
}

/**
 * Angles of some positions; null for models without.
 *
 * @param ids positions, `[rows · T]`
 */
export function rotaryAngles(
  config: ModelConfig,
  ids: ArrayLike<number>,
  [rows, T]: readonly [number, number],
): RotaryAngles | null {
  if (config.positional_embedding_type !== "rotary") return null;
  const frequencies = inverseFrequencies(config);
  const half = frequencies.length;
  const cos = new Float32Array(ids.length * half);
  const sin = new Float32Array(ids.length * half);
  for (let at = 0; at < ids.length; at++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.fround(ids[at] * frequencies[i]);
      cos[at * half + i] = Math.cos(angle);
      sin[at * half + i] = Math.sin(angle);
    }
  }
  const shape: [number, number, number, number] = [rows, T, 1, half];
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) };
}

/** By how much each pair turns from a position to the next, in radians, `[rotary_dim / 2]`. */
export function inverseFrequencies({
  rotary_dim,
  rotary_base,
  rotary_scaling,
}: Pick<ModelConfig, "rotary_dim" | "rotary_base" | "rotary_scaling">): Float32Array {
  const plain = Float32Array.from(
    { length: rotary_dim / 2 },
    (_, i) => 1 / Math.fround(rotary_base ** Math.fround((2 * i) / rotary_dim)),
  );
  return rotary_scaling ? plain.map((frequency) => scaled(frequency, rotary_scaling)) : plain;
}

/** Llama 3's rule slows down what turns slowly and leaves what turns fast; between them it is mixed. */
function scaled(frequency: number, scaling: RotaryScaling): number {
  const slow = frequency / scaling.factor;
  if (scaling.type === "linear") return slow;
  const { low_freq_factor: low, high_freq_factor: high } = scaling;
  const turns = (scaling.original_max_position_embeddings * frequency) / (2 * Math.PI);
  if (turns > high) return frequency;
  if (turns < low) return slow;
  const share = (turns - low) / (high - low);
  return (1 - share) * slow + share * frequency;
}

/** Turns x `[B, T, heads, d_head]`; what lies behind the first rotary_dim coordinates stays. */
export function rotate(x: tf.Tensor4D, { cos, sin }: RotaryAngles): tf.Tensor4D {
  const half = cos.shape[3];
  const rest = x.shape[3] - 2 * half;
  return tf.tidy(() => {
    const [first, second, ...others] = tf.split(x, rest > 0 ? [half, half, rest] : [half, half], 3);
    const turned = [
      tf.sub(tf.mul(first, cos), tf.mul(second, sin)),
      tf.add(tf.mul(second, cos), tf.mul(first, sin)),
    ];
    return tf.concat([...turned, ...others], 3) as tf.Tensor4D;
  });
}
