import { ModelConfigError } from "../../errors";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import { wholeNumber } from "./config-values";
import type { RawConfig } from "./family";

/** What GPT-Neo has unless its config.json says otherwise. */
const USUAL = [[["global", "local"], 12]];

/** GPT-Neo's layers: `attention_types` `[[["global", "local"], 12]]` is that list twelve times. */
export function neoLayers(
  raw: RawConfig,
  { n_layers }: ModelConfig,
): Pick<ModelConfig, "attn_types" | "window_size"> {
  const given = raw.attention_types ?? USUAL;
  const types = expanded(given);
  if (types === null || types.length !== n_layers) {
    throw new ModelConfigError(`"attention_types" is not usable`, {
      found: types === null ? shown(given) : `${types.length} layers`,
      expected: `${n_layers} layers, as in [[["global"], ${n_layers}]]`,
    });
  }
  return types.includes("local")
    ? { attn_types: types, window_size: wholeNumber(raw, "window_size") }
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
