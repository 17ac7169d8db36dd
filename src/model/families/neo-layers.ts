import { ModelConfigError } from "../../errors";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import type { RawConfig } from "./family";

/** GPT-Neo's layers: `attention_types` `[[["global", "local"], 12]]` is that list twelve times. */
export function neoLayers(
  { attention_types = [[["global", "local"], 12]], window_size = 256 }: RawConfig,
  { n_layers }: ModelConfig,
): Pick<ModelConfig, "attn_types" | "window_size"> {
  const types = expanded(attention_types);
  if (types === null || types.length !== n_layers) {
    throw new ModelConfigError(`"attention_types" is not usable`, {
      found: types === null ? shown(attention_types) : `${types.length} layers`,
      expected: `${n_layers} layers, as in [[["global", "local"], ${n_layers / 2}]]`,
    });
  }
  if (!Number.isSafeInteger(window_size) || (window_size as number) < 1) {
    throw new ModelConfigError(`"window_size" is not usable`, {
      found: shown(window_size),
      expected: "a whole number from 1",
    });
  }
  return types.includes("local")
    ? { attn_types: types, window_size: window_size as number }
    : { attn_types: null, window_size: null };
}

/** More than any model has: a config may repeat a list as often as it likes. */
const MOST_LAYERS = 10_000;

function expanded(value: unknown): ("global" | "local")[] | null {
  if (!Array.isArray(value)) return null;
  const types: ("global" | "local")[] = [];
  for (const part of value) {
    const [list, times] = Array.isArray(part) ? part : [];
    const isList =
      Array.isArray(list) && list.every((type) => type === "global" || type === "local");
    if (!isList || !Number.isSafeInteger(times) || times * list.length > MOST_LAYERS) return null;
    for (let i = 0; i < times; i++) types.push(...list);
    if (types.length > MOST_LAYERS) return null;
  }
  return types;
}
