import { z } from "zod";
import { quotedList } from "../checkpoints/quoted";
import { ModelConfigError } from "../errors";
import { ACTIVATION_FUNCTION_NAMES, type ActivationFunctionName } from "./activation-functions";
import { shown } from "./shown";

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
  /** The first one, if the model has several. */
  readonly eos_token_id: number | null;
}

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
export function gpt2Config(raw: unknown, file: string): GPT2Config {
  const given = ownSpelling(raw, file);
  const parsed = huggingFaceConfig.safeParse(given.config);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    const key = String(path[0]);
    throw new ModelConfigError(`"${given.spelling.get(key) ?? key}" is not usable`, {
      file,
      found: shown(given.config[key]),
      expected: message,
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
  return {
    n_layers: config.n_layer,
    d_model: config.n_embd,
    n_heads: config.n_head,
    d_head: config.n_embd / config.n_head,
    d_mlp: config.n_inner ?? 4 * config.n_embd,
    n_ctx: config.n_positions ?? oldContext(given.config) ?? 1024,
    d_vocab: config.vocab_size,
    eps: config.layer_norm_epsilon,
    act_fn: config.activation_function,
    use_attn_scale: config.scale_attn_weights,
    scale_attn_by_inverse_layer_idx: config.scale_attn_by_inverse_layer_idx,
    tie_word_embeddings: config.tie_word_embeddings,
    bos_token_id: tokenId(given.config.bos_token_id, config.vocab_size),
    eos_token_id: tokenId(given.config.eos_token_id, config.vocab_size),
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

/**
 * An id, or the first of several. Where a text begins and ends does not enter a forward pass, so that what is no id in
 * the vocabulary (−1; 50256 of 300) only means that there is none.
 */
function tokenId(value: unknown = END_OF_TEXT, vocabularySize: number): number | null {
  const ids: unknown[] = Array.isArray(value) ? value : [value];
  const isId = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < vocabularySize;
  return ids.find(isId) ?? null;
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
