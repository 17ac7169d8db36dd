import * as tf from "@tensorflow/tfjs-core";
import type { HookPoint } from "../model/hook-points";
import { reshaped } from "../tensors/reshaped";
import { isOverKeys } from "./place";

/**
 * An activation as `[batch, pos, size]`, whatever its own axes are; scores and patterns by query.
 *
 * @param batch rows, which norms of each head have on one axis with positions and heads
 */
export function byPosition(hook: HookPoint, activation: tf.Tensor, batch: number): tf.Tensor3D {
  const { shape, size } = activation;
  if (isOverKeys(hook)) {
    const [, H, T, S] = shape;
    return tf.reshape(tf.transpose(activation, [0, 2, 1, 3]), [batch, T, H * S]);
  }
  return reshaped(activation, [batch, size / (batch * hook.size!), hook.size!]);
}

/** The way back, to an activation of that shape. */
export function fromByPosition<T extends tf.Tensor>(
  hook: HookPoint,
  flat: tf.Tensor3D,
  like: T,
): T {
  if (!isOverKeys(hook)) return reshaped(flat, like.shape as [number]) as tf.Tensor as T;
  const [B, H, T, S] = like.shape;
  return tf.transpose(tf.reshape(flat, [B, T, H, S]), [0, 2, 1, 3]) as tf.Tensor as T;
}

/** The last position of `[batch, pos, size]`, as `[batch, size]`. */
export function atLast(flat: tf.Tensor3D): tf.Tensor2D {
  const [B, T, size] = flat.shape;
  if (T === 1) return tf.reshape(flat, [B, size]);
  return tf.reshape(tf.slice3d(flat, [0, T - 1, 0], [B, 1, size]), [B, size]);
}
