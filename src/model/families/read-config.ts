import { ModelConfigError } from "../../errors";
import { ACTIVATION_FUNCTION_NAMES, type ActivationFunctionName } from "../activation-functions";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import { flag, keyed, notUsable, wholeNumber } from "./config-values";
import type { Family, Key, RawConfig } from "./family";
import { rotarySettings } from "./rotary-settings";
import { tokenId } from "./token-id";

/** A number of layers is a number of names before any weight is looked at. */
const MOST_LAYERS = 10_000;

/** Switches of any configuration that no family here has. */
const NOT_IMPLEMENTED = {
  is_causal: true,
  add_cross_attention: false,
  per_layer_config: null,
  quantization_config: null,
};

/**
 * Reads the config.json of a family by its row.
 *
 * @throws ModelConfigError if a size is missing or impossible, or a switch is not implemented.
 */
export function readConfig(family: Family, given: RawConfig, file: string): ModelConfig {
  const raw = { ...family.usual, ...given };
  try {
    checkSwitches(family, raw);
    const config: ModelConfig = { ...readSizes(family, raw), ...family.block };
    return { ...config, ...family.own?.(raw, config) };
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    const { what, found, expected } = error;
    throw new ModelConfigError(what, { file, found, expected });
  }
}

function readSizes(
  { keys, model_type, block, biases, normOffset = 0 }: Family,
  raw: RawConfig,
): ModelConfig {
  const n_heads = wholeNumber(raw, keys.n_heads);
  const d_model = wholeNumber(raw, keys.d_model);
  const d_head = sizeOr(raw, keys.d_head, d_model / n_heads);
  if (!Number.isInteger(d_head)) {
    throw new ModelConfigError(`"${keys.d_model}" cannot be divided among the heads`, {
      found: `${d_model} and ${n_heads} heads`,
      expected: "a multiple",
    });
  }
  const heads = sizeOr(raw, keys.n_key_value_heads, n_heads);
  if (n_heads % heads !== 0) {
    throw new ModelConfigError(`"${keys.n_key_value_heads}" does not divide the heads`, {
      found: `${heads} for ${n_heads}`,
      expected: "a divisor",
    });
  }
  const d_vocab = wholeNumber(raw, "vocab_size");
  const isGrouped = keys.isGroupedName || heads !== n_heads;
  const isRotary = block.positional_embedding_type === "rotary";
  return {
    model_type,
    n_layers: wholeNumber(raw, keys.n_layers, { most: MOST_LAYERS }),
    d_model,
    n_heads,
    n_key_value_heads: isGrouped ? heads : null,
    d_head,
    d_mlp: sizeOr(raw, keys.d_mlp, keys.mlpRatio && keys.mlpRatio * d_model),
    n_ctx: wholeNumber(raw, keys.n_ctx),
    d_vocab,
    normalization_type: "LN",
    eps: typeof keys.eps === "number" ? keys.eps : small(raw, keys.eps),
    use_normalization_before_and_after: false,
    use_qk_norm: false,
    positional_embedding_type: "standard",
    ...(isRotary
      ? rotarySettings(raw, d_head, keys)
      : { rotary_dim: 0, rotary_base: 0, rotary_scaling: null }),
    parallel_attn_mlp: false,
    gated_mlp: false,
    act_fn: activation(raw, keys.act_fn),
    attn_scale: Math.sqrt(d_head),
    scale_attn_by_inverse_layer_idx: false,
    window_size: null,
    attn_types: null,
    attn_scores_soft_cap: null,
    output_logits_soft_cap: null,
    embedding_scale: 1,
    biases: typeof biases === "function" ? biases(raw) : biases,
    norm_offset: normOffset,
    tie_word_embeddings: flag(raw, "tie_word_embeddings"),
    bos_token_id: tokenId(raw.bos_token_id ?? null, d_vocab),
    eos_token_id: tokenId(raw.eos_token_id ?? null, d_vocab),
  };
}

/** A size that need not be there. */
function sizeOr(raw: RawConfig, key: Key | undefined, otherwise: number | undefined): number {
  const isThere = key !== undefined && (keyed(raw, key)[1] ?? null) !== null;
  return isThere || otherwise === undefined ? wholeNumber(raw, key!) : otherwise;
}

function small(raw: RawConfig, key: Key): number {
  const [name, value] = keyed(raw, key);
  if (Number.isFinite(value) && (value as number) >= 0) return value as number;
  throw notUsable(name, value, "a number from 0");
}

function activation(raw: RawConfig, key: Key): ActivationFunctionName {
  const [name, value] = keyed(raw, key);
  const found = ACTIVATION_FUNCTION_NAMES.find((one) => one === value);
  if (found) return found;
  throw notUsable(name, value, ACTIVATION_FUNCTION_NAMES.join(", "));
}

/** A switch that is not implemented is refused by its name; the name of another key means its value. */
function checkSwitches({ only = {}, title }: Family, raw: RawConfig): void {
  for (const [key, usual] of Object.entries({ ...NOT_IMPLEMENTED, ...only })) {
    const value = raw[key];
    const wanted = typeof usual === "string" ? raw[usual] : usual;
    if (value === undefined || value === null || value === wanted || isEmpty(value)) continue;
    throw new ModelConfigError(`"${key}" is not implemented for ${title}`, {
      found: shown(value),
      expected: shown(wanted),
    });
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
