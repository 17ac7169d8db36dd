import { ModelConfigError } from "../../errors";
import type { ModelConfig } from "../config";
import { flag, notUsable, positive, wholeNumber } from "./config-values";
import type { RawConfig } from "./family";

/** Names of `layer_types` in transformers 5. */
const TYPES = { full_attention: "global", sliding_attention: "local" } as const;

type LayerType = (typeof TYPES)[keyof typeof TYPES];
type Layers = Pick<ModelConfig, "attn_types" | "window_size">;

/**
 * Sliding windows of Mistral: one in every layer, or none; with `layer_types` transformers takes a Mistral for a
 * Ministral, which has them where that says.
 */
export function sameWindow(raw: RawConfig, { n_layers }: ModelConfig): Layers {
  const type = (raw.sliding_window ?? null) === null ? "global" : "local";
  const types = layersOf(raw.layer_types, n_layers) ?? Array<LayerType>(n_layers).fill(type);
  return layers(raw, types);
}

/**
 * Sliding windows of Qwen, which are off unless `use_sliding_window`: `layer_types` says which layers have
 * one; older files, from which layer on (`max_window_layers`).
 */
export function lateWindows(raw: RawConfig, { n_layers }: ModelConfig): Layers {
  const isOn = flag(raw, "use_sliding_window") && (raw.sliding_window ?? null) !== null;
  const first = isOn ? wholeNumber(raw, "max_window_layers", { least: 0 }) : n_layers;
  const types =
    layersOf(raw.layer_types, n_layers) ??
    Array.from({ length: n_layers }, (_, layer) => (layer >= first ? "local" : "global"));
  if (!isOn && types.includes("local")) {
    throw new ModelConfigError(`"layer_types" asks for windows that are turned off`, {
      found: `sliding_attention, with "use_sliding_window": false or no "sliding_window"`,
      expected: "both or neither",
    });
  }
  return layers(raw, types);
}

/** Gemma 2's switches: windows on every other layer from the first, caps, and its own scale. */
export function gemma2Layers(raw: RawConfig, { n_layers, d_model }: ModelConfig) {
  const types =
    layersOf(raw.layer_types, n_layers) ??
    Array.from({ length: n_layers }, (_, layer) => (layer % 2 === 0 ? "local" : "global"));
  const cap = (key: string) => (raw[key] === null ? null : positive(raw, key));
  return {
    ...layers(raw, types),
    attn_scale: Math.sqrt(positive(raw, "query_pre_attn_scalar")),
    attn_scores_soft_cap: cap("attn_logit_softcapping"),
    output_logits_soft_cap: cap("final_logit_softcapping"),
    embedding_scale: Math.sqrt(d_model),
  };
}

function layers(raw: RawConfig, types: readonly LayerType[]): Layers {
  if (!types.includes("local")) return { attn_types: null, window_size: null };
  return { attn_types: types, window_size: wholeNumber(raw, "sliding_window") };
}

function layersOf(value: unknown, n_layers: number): readonly LayerType[] | null {
  if (value === undefined || value === null) return null;
  const types = Array.isArray(value)
    ? value.map((type) =>
        typeof type === "string" && Object.hasOwn(TYPES, type)
          ? TYPES[type as keyof typeof TYPES]
          : null,
      )
    : [];
  if (types.length === n_layers && !types.includes(null)) return types as LayerType[];
  throw notUsable("layer_types", value, `${n_layers} of ${Object.keys(TYPES).join(", ")}`);
}
