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

/** The embedding; `vocabulary.ts` reads it. */
export interface EmbeddingWeights {
  /** `[d_vocab, d_model]`; in a tied model the same tensor as the unembedding's. */
  readonly rows: tf.Tensor2D;
  /** Whether the unembedding's terms stand behind each row. */
  readonly hasTerms: boolean;
  /** Whether each row's mean is still to be taken off. */
  readonly centred: boolean;
  /** What was taken off every row, `[d_model]`; null if nothing was. */
  readonly offset: tf.Tensor1D | null;
}

/** The unembedding; `vocabulary.ts` multiplies with it. */
export interface UnembeddingWeights {
  /** As in the file, `[d_vocab, d_model]`, or with four terms behind each row, `[d_vocab, d_model + 4]`. */
  readonly rows: tf.Tensor2D;
  /** What the terms do not hold, since it is the same for every token, `[d_model]` each. */
  readonly terms: {
    readonly scale: tf.Tensor1D;
    readonly ofOffset: tf.Tensor1D;
    readonly mean: tf.Tensor1D;
  } | null;
}

/**
 * A GPT-2's weights as the forward pass multiplies with them: the three attention projections stay
 * fused and what W_E and W_U share is one tensor, as in the file, so that nothing is held twice.
 * `named-weights.ts` gives TransformerLens's names and shapes.
 */
export interface GPT2Weights {
  readonly embedding: EmbeddingWeights;
  /** `[n_ctx, d_model]` */
  readonly W_pos: tf.Tensor2D;
  readonly blocks: readonly BlockWeights[];
  readonly ln_final: LayerNormWeights | null;
  readonly unembedding: UnembeddingWeights;
}
