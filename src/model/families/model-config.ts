import { ModelConfigError } from "../../errors";
import type { ModelConfig } from "../config";
import { shown } from "../shown";
import { FAMILIES, familyOf } from "./families";
import { gpt2Config } from "./gpt2-config";
import { readConfig } from "./read-config";

/**
 * Reads a Hugging Face `config.json`, of GPT-2 in every spelling that transformers 5 reads, or of one of
 * the other families.
 *
 * @param raw the parsed JSON
 * @param file its path, for errors
 * @throws ModelConfigError if it is of no known family, a size is impossible, or it asks for something
 *   that is not supported (named in the error).
 */
export function modelConfig(raw: unknown, file: string): ModelConfig {
  const isObject = typeof raw === "object" && raw !== null && !Array.isArray(raw);
  const { model_type } = (isObject ? raw : {}) as { readonly model_type?: unknown };
  const family = familyOf(model_type);
  if (family) return readConfig(family, raw as Readonly<Record<string, unknown>>, file);
  const isGpt2 = model_type === undefined || model_type === null || model_type === "gpt2";
  if (isGpt2) return gpt2Config(raw, file);
  throw new ModelConfigError("this family of models is not known", {
    file,
    found: `"model_type": ${shown(model_type)}`,
    expected: ["gpt2", ...FAMILIES.map((one) => one.model_type)].join(", "),
  });
}
