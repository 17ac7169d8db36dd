import { ModelConfigError } from "../../errors";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import type { RawConfig } from "./family";

/** Names of `layer_types` in transformers 5. */
const TYPES = { full_attention: "global", sliding_attention: "local" } as const;

type Layers = Pick<ModelConfig, "attn_types" | "window_size">;

const ALL_GLOBAL: Layers = { attn_types: null, window_size: null };

/**
 * Sliding windows of Mistral and Qwen: `layer_types` says which layers have one; older files say
 * `use_sliding_window`, and from which layer on (`max_window_layers`).
 */
export function slidingLayers({ isOnUnlessSaid }: { readonly isOnUnlessSaid: boolean }) {
  return (raw: RawConfig, { n_layers }: ModelConfig): Layers => {
    const { use_sliding_window = isOnUnlessSaid, sliding_window = null, max_window_layers } = raw;
    if (use_sliding_window === false || sliding_window === null) {
      // layer_types may not say otherwise.
      return layersOf(raw.layer_types, n_layers)?.includes("local")
        ? withWindow(raw, layersOf(raw.layer_types, n_layers)!)
        : ALL_GLOBAL;
    }
    const first = isOnUnlessSaid ? 0 : ((max_window_layers as number | undefined) ?? 28);
    const types =
      layersOf(raw.layer_types, n_layers) ??
      Array.from({ length: n_layers }, (_, layer) => (layer >= first ? "local" : "global"));
    return types.includes("local") ? withWindow(raw, types) : ALL_GLOBAL;
  };
}

/** Gemma 2's switches: windows on every other layer from the first, caps, and its own scale. */
export function gemma2Layers(raw: RawConfig, { n_layers, d_model }: ModelConfig) {
  const types =
    layersOf(raw.layer_types, n_layers) ??
    Array.from({ length: n_layers }, (_, layer) => (layer % 2 === 0 ? "local" : "global"));
  const cap = (key: string, usual: number) =>
    raw[key] === null ? null : positive(raw[key] ?? usual, key);
  return {
    ...withWindow({ sliding_window: 4096, ...raw }, types),
    attn_scale: Math.sqrt(positive(raw.query_pre_attn_scalar ?? 256, "query_pre_attn_scalar")),
    attn_scores_soft_cap: cap("attn_logit_softcapping", 50),
    output_logits_soft_cap: cap("final_logit_softcapping", 30),
    embedding_scale: Math.sqrt(d_model),
  };
}

function withWindow({ sliding_window }: RawConfig, types: NonNullable<Layers["attn_types"]>) {
  if (Number.isSafeInteger(sliding_window) && (sliding_window as number) > 0) {
    return { attn_types: types, window_size: sliding_window as number };
  }
  throw new ModelConfigError(`"sliding_window" is not usable`, {
    found: shown(sliding_window),
    expected: "a whole number from 1",
  });
}

function layersOf(value: unknown, n_layers: number): ("global" | "local")[] | null {
  if (value === undefined || value === null) return null;
  const types = Array.isArray(value)
    ? value.map((type) => (Object.hasOwn(TYPES, type) ? TYPES[type as keyof typeof TYPES] : null))
    : [];
  if (types.length === n_layers && !types.includes(null)) return types as ("global" | "local")[];
  throw new ModelConfigError(`"layer_types" is not usable`, {
    found: shown(value),
    expected: `${n_layers} of ${Object.keys(TYPES).join(", ")}`,
  });
}

function positive(value: unknown, key: string): number {
  if (Number.isFinite(value) && (value as number) > 0) return value as number;
  throw new ModelConfigError(`"${key}" is not usable`, {
    found: shown(value),
    expected: "a number above 0",
  });
}
