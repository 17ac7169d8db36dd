import * as tf from "@tensorflow/tfjs-core";
import type { HookPoint } from "./hook-points";
import type { HookedTransformer } from "./hooked-transformer";

/**
 * What one unit of an activation's coordinate adds to the residual stream of its position, directly:
 * the basis vector for what is written as it is, `W_out[n, :]` for a hidden MLP neuron, a row of
 * `W_O` for `z`.
 *
 * @param index the coordinate, over all axes after the position
 * @returns `[d_model]`; null for an activation that is not written, or not linearly (`q`, `k`, `v`,
 *   `mlp.hook_pre`, what is in a layer norm, the logits)
 * @example
 * writeDirection(model, model.hookDict.get("blocks.2.mlp.hook_post"), 7); // W_out[7, :]
 */
export function writeDirection(
  { cfg, weights }: HookedTransformer,
  { writes, layer }: HookPoint,
  index: number,
): Float32Array | null {
  const { d_model } = cfg;
  if (writes === "itself") {
    return Float32Array.from({ length: d_model }, (_, j) => (j === index % d_model ? 1 : 0));
  }
  if (writes !== "W_out" && writes !== "W_O") return null;
  const { mlp, attn } = weights.blocks[layer()];
  const matrix = writes === "W_out" ? mlp.W_out : attn.W_O;
  return tf.tidy(() =>
    tf.slice2d(matrix, [index, 0], [1, d_model]).dataSync<"float32">(),
  ) as Float32Array;
}
