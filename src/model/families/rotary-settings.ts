import { ModelConfigError } from "../../errors";
import type { ModelConfig, RotaryScaling } from "../config";
import { shown } from "../shown";
import type { ConfigKeys, RawConfig } from "./family";

type Rotary = Pick<ModelConfig, "rotary_dim" | "rotary_base" | "rotary_scaling">;

/** transformers' `ROPE_INIT_FUNCTIONS` that are implemented. */
const TYPES = ["default", "linear", "llama3"];

/**
 * Rotary settings: `rope_parameters` of transformers 5, or what older files have at their top
 * (`rope_theta` or `rotary_emb_base`, `partial_rotary_factor` or `rotary_pct`, `rope_scaling`).
 *
 * @throws ModelConfigError if they are impossible, or not implemented.
 */
export function rotarySettings(raw: RawConfig, d_head: number, keys: ConfigKeys): Rotary {
  const given = record(raw.rope_parameters, "rope_parameters");
  const scaling = record(raw.rope_scaling, "rope_scaling");
  const all = { ...scaling, ...given };
  const base =
    given.rope_theta ?? raw.rope_theta ?? raw.rotary_emb_base ?? keys.rotary_base ?? 10_000;
  const share =
    given.partial_rotary_factor ??
    raw.partial_rotary_factor ??
    raw.rotary_pct ??
    keys.rotary_share ??
    1;
  const rotary_dim = Math.trunc(number(share, "partial_rotary_factor") * d_head);
  if (rotary_dim < 2 || rotary_dim > d_head || rotary_dim % 2 !== 0) {
    throw new ModelConfigError("the rotary settings are impossible", {
      found: `${shown(share)} of heads of ${d_head}`,
      expected: "an even number of coordinates, not more than a head has",
    });
  }
  return {
    rotary_dim,
    rotary_base: number(base, "rope_theta"),
    rotary_scaling: scalingOf(all, raw.max_position_embeddings),
  };
}

function scalingOf(all: RawConfig, context: unknown): RotaryScaling | null {
  const type = all.rope_type ?? all.type ?? "default";
  if (type === "default") return null;
  if (typeof type !== "string" || !TYPES.includes(type)) {
    throw new ModelConfigError("these rotary settings are not implemented", {
      found: `rope_type ${shown(type)}`,
      expected: TYPES.join(", "),
    });
  }
  const factor = number(all.factor, "factor");
  if (type === "linear") return { type, factor };
  return {
    type: "llama3",
    factor,
    low_freq_factor: number(all.low_freq_factor, "low_freq_factor"),
    high_freq_factor: number(all.high_freq_factor, "high_freq_factor"),
    original_max_position_embeddings: number(
      all.original_max_position_embeddings ?? context,
      "original_max_position_embeddings",
    ),
  };
}

function number(value: unknown, key: string): number {
  if (Number.isFinite(value) && (value as number) > 0) return value as number;
  throw new ModelConfigError(`"${key}" is not usable`, {
    found: shown(value),
    expected: "a number above 0",
  });
}

function record(value: unknown, key: string): RawConfig {
  if (value === undefined || value === null) return {};
  const isFlat =
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.values(value).every((inner) => typeof inner !== "object" || inner === null);
  if (isFlat) return value as RawConfig;
  throw new ModelConfigError(`"${key}" is not implemented as it is written`, {
    found: shown(value),
    expected: "one set of settings for all layers",
  });
}
