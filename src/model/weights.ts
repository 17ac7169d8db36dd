import type * as tf from "@tensorflow/tfjs-core";

/** Scale and shift of a norm, `[d_model]` each; null where they were folded away. */
export interface NormWeights {
  readonly w: tf.Tensor1D;
  /** null for an RMS norm, which shifts nothing. */
  readonly b: tf.Tensor1D | null;
}

export interface AttentionWeights {
  /** Queries, keys and values of all heads side by side, `[d_model, (n_heads + 2 · n_key_value_heads) · d_head]`. */
  readonly W_QKV: tf.Tensor2D;
  /** As wide as `W_QKV`. */
  readonly b_QKV: tf.Tensor1D;
  /** All heads below each other, `[n_heads · d_head, d_model]`. */
  readonly W_O: tf.Tensor2D;
  /** `[d_model]` */
  readonly b_O: tf.Tensor1D;
  /** Scales of the RMS norms of each head's query and key, `[d_head]`; null where there are none. */
  readonly q_norm: tf.Tensor1D | null;
  readonly k_norm: tf.Tensor1D | null;
}

export interface MLPWeights {
  /** What the activation function is taken of in a gated MLP, `[d_model, d_mlp]`; null in a plain one. */
  readonly W_gate: tf.Tensor2D | null;
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
  readonly ln1: NormWeights | null;
  readonly attn: AttentionWeights;
  /** Of what attention gives; null where there is none. */
  readonly ln1_post: NormWeights | null;
  readonly ln2: NormWeights | null;
  readonly mlp: MLPWeights;
  /** Of what the MLP gives. */
  readonly ln2_post: NormWeights | null;
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
  /** What a row is multiplied by, last. */
  readonly scale: number;
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
 * A model's weights as the forward pass multiplies with them: the three attention projections stay
 * fused and what W_E and W_U share is one tensor, as in the file, so that nothing is held twice.
 * `named-weights.ts` gives TransformerLens's names and shapes.
 */
export interface ModelWeights {
  readonly embedding: EmbeddingWeights;
  /** `[n_ctx, d_model]`; null in models that turn queries and keys instead. */
  readonly W_pos: tf.Tensor2D | null;
  readonly blocks: readonly BlockWeights[];
  readonly ln_final: NormWeights | null;
  readonly unembedding: UnembeddingWeights;
}
