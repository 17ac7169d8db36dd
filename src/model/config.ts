import type { ActivationFunctionName } from "./activation-functions";

/** A model's sizes and switches, under TransformerLens's names (`HookedTransformerConfig`). */
export interface ModelConfig {
  /** The family, as `model_type` of its config.json. */
  readonly model_type: string;
  readonly n_layers: number;
  readonly d_model: number;
  readonly n_heads: number;
  /** How many heads keys and values have, where their weights are named so; null if as many as queries. */
  readonly n_key_value_heads: number | null;
  readonly d_head: number;
  readonly d_mlp: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
  /** Layer norm, or RMS norm, which takes off no mean and adds no bias. */
  readonly normalization_type: "LN" | "RMS";
  /** Added to the variance in every norm. */
  readonly eps: number;
  /** Also a norm of what attention and MLP give, before it is added to the stream. */
  readonly use_normalization_before_and_after: boolean;
  /** Also an RMS norm of each head's query and key. */
  readonly use_qk_norm: boolean;
  /** Positions are learned vectors, or turn queries and keys. */
  readonly positional_embedding_type: "standard" | "rotary";
  /** How many coordinates of each head are turned. */
  readonly rotary_dim: number;
  readonly rotary_base: number;
  /** How slow turns are slowed down further for long contexts; null if they are not. */
  readonly rotary_scaling: RotaryScaling | null;
  /** Attention and MLP both read the stream before the block. */
  readonly parallel_attn_mlp: boolean;
  /** Whether the MLP's activation function gates a second, linear projection. */
  readonly gated_mlp: boolean;
  readonly act_fn: ActivationFunctionName;
  /** What attention scores are divided by. */
  readonly attn_scale: number;
  /** Divide attention scores of layer L by L + 1 as well. */
  readonly scale_attn_by_inverse_layer_idx: boolean;
  /** How far back local layers look, the position itself included; null if there are none. */
  readonly window_size: number | null;
  /** Which layers are local; null if none is. */
  readonly attn_types: readonly ("global" | "local")[] | null;
  /** Scores s become cap · tanh(s / cap); null if they stay. */
  readonly attn_scores_soft_cap: number | null;
  /** The same of logits. */
  readonly output_logits_soft_cap: number | null;
  /** What token embeddings are multiplied by. */
  readonly embedding_scale: number;
  /** Which projections have biases in the model's files; the others' are zero. */
  readonly biases: {
    readonly qkv: boolean;
    readonly o: boolean;
    readonly mlp: boolean;
    readonly unembed: boolean;
  };
  /** What is added to each norm's weight of the file. */
  readonly norm_offset: number;
  /** Whether the unembedding is the embedding's transpose, where the file has no `lm_head`. */
  readonly tie_word_embeddings: boolean;
  readonly bos_token_id: number | null;
  /** The first one, if the model has several. */
  readonly eos_token_id: number | null;
}

/** Llama 3's rule (`llama3`), or one factor for all (`linear`). */
export type RotaryScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    };

/** How many heads keys and values have. */
export function keyValueHeads({ n_key_value_heads, n_heads }: ModelConfig): number {
  return n_key_value_heads ?? n_heads;
}

/** Whether a layer looks back only so far as the window. */
export function isLocal({ attn_types }: ModelConfig, layer: number): boolean {
  return attn_types?.[layer] === "local";
}
