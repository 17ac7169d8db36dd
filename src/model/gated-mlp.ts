import * as tf from "@tensorflow/tfjs-core";
import type { ActivationVisitor } from "./activation-visitor";
import { project } from "./project";
import type { MLPWeights } from "./weights";

/**
 * The hidden layer of a gated MLP (Shazeer 2020, "GLU Variants Improve Transformer", arXiv:2002.05202):
 * act(x · W_gate) ∘ (x · W_in) + b_in.
 *
 * @param name of the MLP, before its hooks' names
 * @returns `[B, T, d_mlp]`
 */
export function gated(
  { W_gate, W_in, b_in }: MLPWeights,
  act_fn: (x: tf.Tensor) => tf.Tensor,
  name: string,
  x: tf.Tensor3D,
  at: ActivationVisitor,
): tf.Tensor3D {
  return tf.tidy(() => {
    const pre = at(`${name}.hook_pre`, project(x, W_gate!, null));
    const linear = at(`${name}.hook_pre_linear`, project(x, W_in, null));
    return tf.add(tf.mul(act_fn(pre), linear), b_in) as tf.Tensor3D;
  });
}
