import { ModelConfigError } from "../../errors";
import type { ModelConfig, RotaryScaling } from "../config";
import { shown } from "../shown";
import { positive } from "./config-values";
import type { ConfigKeys, RawConfig } from "./family";

type Rotary = Pick<ModelConfig, "rotary_dim" | "rotary_base" | "rotary_scaling">;

/** transformers' `ROPE_INIT_FUNCTIONS` that are implemented. */
const TYPES = ["default", "linear", "llama3"];

/**
 * Rotary settings: `rope_parameters` of transformers 5, or what older files have at their top (`rope_scaling`,
 * which wins, and the family's keys of base and share).
 *
 * @throws ModelConfigError if they are impossible, or not implemented.
 */
export function rotarySettings(
  raw: RawConfig,
  d_head: number,
  { rotary_base: baseKey = "rope_theta", rotary_share: shareKey }: ConfigKeys,
): Rotary {
  const scaling = record(raw, "rope_scaling");
  const given = Object.keys(scaling).length > 0 ? scaling : record(raw, "rope_parameters");
  const settings = {
    original_max_position_embeddings: raw.max_position_embeddings,
    rope_theta: raw[baseKey],
    partial_rotary_factor: shareKey === undefined ? undefined : raw[shareKey],
    ...given,
    ...(raw.original_max_position_embeddings === undefined
      ? {}
      : { original_max_position_embeddings: raw.original_max_position_embeddings }),
  };
  const rotary_scaling = scalingOf(settings);
  return {
    rotary_dim: rotaryDim(settings, d_head, { isRead: shareKey !== undefined, rotary_scaling }),
    rotary_base: positive(settings, "rope_theta"),
    rotary_scaling,
  };
}

function rotaryDim(
  settings: RawConfig,
  d_head: number,
  {
    isRead,
    rotary_scaling,
  }: { readonly isRead: boolean; readonly rotary_scaling: RotaryScaling | null },
): number {
  const { partial_rotary_factor: share = 1 } = settings;
  // transformers has families that never read it, and then cannot scale.
  if (!isRead && rotary_scaling && share !== 1) {
    throw new ModelConfigError("a part of a head cannot be turned in this family", {
      found: `"partial_rotary_factor": ${shown(share)}`,
      expected: "1",
    });
  }
  const dim = isRead ? Math.trunc(positive(settings, "partial_rotary_factor") * d_head) : d_head;
  if (dim >= 2 && dim <= d_head && dim % 2 === 0) return dim;
  throw new ModelConfigError("the rotary settings are impossible", {
    found: isRead ? `${shown(share)} of heads of ${d_head}` : `heads of ${d_head}`,
    expected: "an even number of coordinates, not more than a head has",
  });
}

function scalingOf(settings: RawConfig): RotaryScaling | null {
  const type = settings.rope_type ?? settings.type ?? "default";
  if (type === "default") return null;
  if (typeof type !== "string" || !TYPES.includes(type)) {
    throw new ModelConfigError("these rotary settings are not implemented", {
      found: `"rope_type": ${shown(type)}`,
      expected: TYPES.join(", "),
    });
  }
  const factor = positive(settings, "factor");
  if (type === "linear") return { type, factor };
  const [low, high] = [
    positive(settings, "low_freq_factor"),
    positive(settings, "high_freq_factor"),
  ];
  if (high <= low) {
    throw new ModelConfigError("the rotary settings are impossible", {
      found: `"low_freq_factor": ${low}, "high_freq_factor": ${high}`,
      expected: "the second above the first",
    });
  }
  return {
    type: "llama3",
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: positive(settings, "original_max_position_embeddings"),
  };
}

function record(raw: RawConfig, key: string): RawConfig {
  const value = raw[key] ?? {};
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
