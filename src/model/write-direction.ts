import * as tf from "@tensorflow/tfjs-core";
import type { HookedTransformer } from "./hooked-transformer";

/** Activations that are written to the residual stream coordinate by coordinate. */
const COORDINATES =
  /(^|\.)hook_(embed|pos_embed|resid_pre|resid_mid|resid_post|attn_out|mlp_out|result)$/;

/**
 * What one unit of an activation's coordinate adds to the residual stream of its position, directly:
 * the basis vector for what is written as it is, `W_out[n, :]` for a hidden MLP neuron, a row of
 * `W_O` for `z`.
 *
 * @param hook its long name
 * @param index the coordinate, over all axes after the position
 * @returns `[d_model]`; null for an activation that is not written, or not linearly (`q`, `k`, `v`,
 *   `mlp.hook_pre`, what is in a layer norm, the logits)
 * @example
 * writeDirection(model, "blocks.2.mlp.hook_post", 7); // W_out[7, :]
 */
export function writeDirection(
  { cfg, weights }: HookedTransformer,
  hook: string,
  index: number,
): Float32Array | null {
  const { d_model } = cfg;
  if (COORDINATES.test(hook)) {
    return Float32Array.from({ length: d_model }, (_, j) => (j === index % d_model ? 1 : 0));
  }
  const block = weights.blocks[Number(/^blocks\.(\d+)\./.exec(hook)?.[1])];
  const row = (matrix: tf.Tensor2D) =>
    tf.tidy(() =>
      tf.slice2d(matrix, [index, 0], [1, d_model]).dataSync<"float32">(),
    ) as Float32Array;
  if (hook.endsWith(".mlp.hook_post")) return row(block.mlp.W_out);
  return hook.endsWith(".attn.hook_z") ? row(block.attn.W_O) : null;
}
