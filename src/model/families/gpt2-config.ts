import { z } from "zod";
import { quotedList } from "../../checkpoints/quoted";
import { ModelConfigError } from "../../errors";
import { ACTIVATION_FUNCTION_NAMES, type ActivationFunctionName } from "../activation-functions";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import { GPT2_BIASES } from "./families";
import { tokenId } from "./token-id";

/** GPT-2 XL has 48; a number of layers is a number of names before any weight is looked at. */
const MOST_LAYERS = 10_000;

/** transformers' names for the sizes of every model (`GPT2Config.attribute_map`); beside GPT-2's own they win. */
const OTHER_SPELLINGS = {
  hidden_size: "n_embd",
  max_position_embeddings: "n_positions",
  num_attention_heads: "n_head",
  num_hidden_layers: "n_layer",
} as const;

/** `<|endoftext|>` of GPT-2's own vocabulary. */
const END_OF_TEXT = 50256;

const size = count(Number.MAX_SAFE_INTEGER);
const flag = z.custom<boolean>((value) => typeof value === "boolean", "true or false");

/** A switch that is refused if it is turned on. */
function only<T>(usual: T, isUsual = (value: unknown) => value === usual) {
  return z.custom<T>(isUsual, `${JSON.stringify(usual)}: nothing else is supported`).optional();
}

/** What transformers 5's `GPT2Config` reads and a forward pass depends on, with its defaults: those of GPT-2 small. */
const huggingFaceConfig = z.object({
  model_type: z
    .custom<string | null>((value) => value === "gpt2" || value === null, `"gpt2"`)
    .optional(),
  n_layer: count(MOST_LAYERS).default(12),
  n_embd: size.default(768),
  n_head: size.default(12),
  n_inner: size.nullish(),
  n_positions: size.optional(),
  vocab_size: size.default(50257),
  layer_norm_epsilon: z
    .custom<number>((value) => Number.isFinite(value) && (value as number) >= 0, "a number from 0")
    .default(1e-5),
  activation_function: z
    .custom<ActivationFunctionName>(isActivationFunction, ACTIVATION_FUNCTION_NAMES.join(", "))
    .default("gelu_new"),
  scale_attn_weights: flag.default(true),
  scale_attn_by_inverse_layer_idx: flag.default(false),
  // Reordering and upcasting change how half precision rounds; in float32 both orders agree.
  reorder_and_upcast_attn: flag.default(false),
  tie_word_embeddings: flag.default(true),
  add_cross_attention: only(false),
  is_causal: only(true),
  per_layer_config: only(null, (value) => value === null || isEmptyRecord(value)),
});

/**
 * Reads a Hugging Face `config.json` of a GPT-2, in every spelling that transformers 5 reads.
 *
 * @param raw the parsed JSON
 * @param file its path, for errors
 * @throws ModelConfigError if it is not a GPT-2's, a size is impossible, or it asks for something
 *   that is not supported (named in the error).
 */
export function gpt2Config(raw: unknown, file: string): ModelConfig {
  const given = ownSpelling(raw, file);
  const parsed = huggingFaceConfig.safeParse(given.config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    const key = String(path[0]);
    throw new ModelConfigError(`"${given.spelling.get(key) ?? key}" is not usable`, {
      file,
      found: shown(given.config[key]),
      expected: message,
      remedy: "Check that this is the config.json of a GPT-2, or that it says its model_type.",
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
  const d_head = config.n_embd / config.n_head;
  const { bos_token_id = END_OF_TEXT, eos_token_id = END_OF_TEXT } = given.config;
  return {
    model_type: "gpt2",
    n_layers: config.n_layer,
    d_model: config.n_embd,
    n_heads: config.n_head,
    n_key_value_heads: null,
    d_head,
    d_mlp: config.n_inner ?? 4 * config.n_embd,
    n_ctx: config.n_positions ?? oldContext(given.config) ?? 1024,
    d_vocab: config.vocab_size,
    normalization_type: "LN",
    eps: config.layer_norm_epsilon,
    use_normalization_before_and_after: false,
    use_qk_norm: false,
    positional_embedding_type: "standard",
    ...{ rotary_dim: 0, rotary_base: 0, rotary_scaling: null },
    parallel_attn_mlp: false,
    gated_mlp: false,
    act_fn: config.activation_function,
    attn_scale: config.scale_attn_weights ? Math.sqrt(d_head) : 1,
    scale_attn_by_inverse_layer_idx: config.scale_attn_by_inverse_layer_idx,
    ...{ window_size: null, attn_types: null },
    ...{ attn_scores_soft_cap: null, output_logits_soft_cap: null },
    embedding_scale: 1,
    biases: GPT2_BIASES,
    norm_offset: 0,
    tie_word_embeddings: config.tie_word_embeddings,
    bos_token_id: tokenId(bos_token_id, config.vocab_size),
    eos_token_id: tokenId(eos_token_id, config.vocab_size),
  };
}

/** The configuration under GPT-2's own names, and how the file spelled them where it was otherwise. */
function ownSpelling(raw: unknown, file: string) {
  if (!isRecord(raw)) {
    throw new ModelConfigError("not a GPT-2 configuration", {
      file,
      found: shown(raw),
      expected: "an object",
    });
  }
  const config = { ...raw };
  const spelling = new Map<string, string>();
  for (const [other, own] of Object.entries(OTHER_SPELLINGS)) {
    if (raw[other] === undefined) continue;
    config[own] = raw[other];
    spelling.set(own, other);
  }
  if (
    config.model_type === undefined &&
    !Object.keys(huggingFaceConfig.shape).some((key) => key in config)
  ) {
    throw new ModelConfigError("not a GPT-2 configuration", {
      file,
      found: `the keys ${quotedList(Object.keys(raw))}`,
      expected: `"model_type": "gpt2"`,
      remedy: "Point to the folder of a base model.",
    });
  }
  return { config, spelling };
}

/** Files of 2019 said only how many tokens attention reaches. */
function oldContext({ n_ctx }: Readonly<Record<string, unknown>>): number | undefined {
  return size.safeParse(n_ctx).data;
}

function count(most: number) {
  return z.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= most,
    most === Number.MAX_SAFE_INTEGER ? "a whole number from 1" : `a whole number from 1 to ${most}`,
  );
}

function isActivationFunction(value: unknown): boolean {
  return ACTIVATION_FUNCTION_NAMES.some((name) => name === value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmptyRecord(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}
