import { z } from "zod";
import { ModelConfigError } from "../errors";
import { ACTIVATION_FUNCTION_NAMES, type ActivationFunctionName } from "./activation-functions";

/** A GPT-2's sizes and switches, under TransformerLens's names (`HookedTransformerConfig`). */
export interface GPT2Config {
  readonly n_layers: number;
  readonly d_model: number;
  readonly n_heads: number;
  readonly d_head: number;
  readonly d_mlp: number;
  readonly n_ctx: number;
  readonly d_vocab: number;
  /** Added to the variance in every layer norm. */
  readonly eps: number;
  readonly act_fn: ActivationFunctionName;
  /** Divide attention scores by √d_head. */
  readonly use_attn_scale: boolean;
  /** Divide attention scores of layer L by L + 1 as well. */
  readonly scale_attn_by_inverse_layer_idx: boolean;
  /** Whether the unembedding is the embedding's transpose, where the file has no `lm_head`. */
  readonly tie_word_embeddings: boolean;
  readonly bos_token_id: number | null;
  readonly eos_token_id: number | null;
}

/** GPT-2 XL has 48; a number of layers is a number of names before any weight is looked at. */
const MOST_LAYERS = 10_000;

const positive = z.number().int().positive();
const tokenId = z.number().int().nonnegative().nullish();

const huggingFaceConfig = z.object({
  model_type: z.literal("gpt2").optional(),
  n_layer: positive.max(MOST_LAYERS),
  n_embd: positive,
  n_head: positive,
  n_inner: positive.nullish(),
  n_positions: positive.optional(),
  n_ctx: positive.optional(),
  vocab_size: positive,
  layer_norm_epsilon: z.number().positive().default(1e-5),
  activation_function: z.enum(ACTIVATION_FUNCTION_NAMES).default("gelu_new"),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  // Reordering and upcasting change how half precision rounds; in float32 both orders agree.
  reorder_and_upcast_attn: z.boolean().default(false),
  add_cross_attention: z.literal(false).optional(),
  tie_word_embeddings: z.boolean().default(true),
  bos_token_id: tokenId,
  eos_token_id: tokenId,
});

/**
 * Reads a Hugging Face `config.json` of a GPT-2.
 *
 * @param raw the parsed JSON
 * @param file its path, for errors
 * @throws ModelConfigError if it is not a GPT-2, a size is missing or impossible, or it asks for
 *   something that is not supported (named in the error).
 */
export function gpt2Config(raw: unknown, file: string): GPT2Config {
  const parsed = huggingFaceConfig.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const key = issue.path.join(".");
    const value = issue.path.reduce<unknown>(
      (at, part) => (at as Record<PropertyKey, unknown>)?.[part],
      raw,
    );
    throw new ModelConfigError(key ? `"${key}" is not usable` : "not a GPT-2 configuration", {
      file,
      found: value === undefined ? "nothing" : JSON.stringify(value),
      expected: issue.message,
      remedy: "tslens runs GPT-2 models; check that this is the config.json of one.",
    });
  }
  const config = parsed.data;
  if (config.n_embd % config.n_head !== 0) {
    throw new ModelConfigError("n_embd cannot be divided among the heads", {
      file,
      found: `n_embd ${config.n_embd}, n_head ${config.n_head}`,
      expected: "n_embd to be a multiple of n_head",
    });
  }
  const context = config.n_positions ?? config.n_ctx;
  if (context === undefined) {
    throw new ModelConfigError(`"n_positions" is missing`, {
      file,
      expected: "the context length",
    });
  }
  return {
    n_layers: config.n_layer,
    d_model: config.n_embd,
    n_heads: config.n_head,
    d_head: config.n_embd / config.n_head,
    d_mlp: config.n_inner ?? 4 * config.n_embd,
    n_ctx: context,
    d_vocab: config.vocab_size,
    eps: config.layer_norm_epsilon,
    act_fn: config.activation_function,
    use_attn_scale: config.scale_attn_weights,
    scale_attn_by_inverse_layer_idx: config.scale_attn_by_inverse_layer_idx,
    tie_word_embeddings: config.tie_word_embeddings,
    bos_token_id: config.bos_token_id ?? null,
    eos_token_id: config.eos_token_id ?? null,
  };
}
