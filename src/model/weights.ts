import type * as tf from "@tensorflow/tfjs-core";

/** Scale and shift of a layer norm, `[d_model]` each; null where they were folded away. */
export interface LayerNormWeights {
  readonly w: tf.Tensor1D;
  readonly b: tf.Tensor1D;
}

export interface AttentionWeights {
  /** Queries, keys and values of all heads side by side, `[d_model, 3 · n_heads · d_head]`. */
  readonly W_QKV: tf.Tensor2D;
  /** `[3 · n_heads · d_head]` */
  readonly b_QKV: tf.Tensor1D;
  /** All heads below each other, `[n_heads · d_head, d_model]`. */
  readonly W_O: tf.Tensor2D;
  /** `[d_model]` */
  readonly b_O: tf.Tensor1D;
}

export interface MLPWeights {
  /** `[d_model, d_mlp]` */
  readonly W_in: tf.Tensor2D;
  /** `[d_mlp]` */
  readonly b_in: tf.Tensor1D;
  /** `[d_mlp, d_model]` */
  readonly W_out: tf.Tensor2D;
  /** `[d_model]` */
  readonly b_out: tf.Tensor1D;
}

export interface BlockWeights {
  readonly ln1: LayerNormWeights | null;
  readonly attn: AttentionWeights;
  readonly ln2: LayerNormWeights | null;
  readonly mlp: MLPWeights;
}

/**
 * A GPT-2's weights as the forward pass multiplies with them: the three attention projections
 * stay fused and the unembedding stays `[d_vocab, d_model]`, as in the file, so that nothing is
 * held twice. `named-weights.ts` gives TransformerLens's names and shapes.
 */
export interface GPT2Weights {
  /** `[d_vocab, d_model]` */
  readonly W_E: tf.Tensor2D;
  /** `[n_ctx, d_model]` */
  readonly W_pos: tf.Tensor2D;
  readonly blocks: readonly BlockWeights[];
  readonly ln_final: LayerNormWeights | null;
  /** The unembedding transposed, `[d_vocab, d_model]`; the same tensor as W_E in a tied, unprocessed model. */
  readonly W_U_transposed: tf.Tensor2D;
  /** `[d_vocab]`; null stands for zeros. */
  readonly b_U: tf.Tensor1D | null;
}
