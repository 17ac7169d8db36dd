import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile } from "../checkpoints/json-file";
import { ModelConfigError } from "../errors";

/** A model's own tokenizer; no token is added that is not in the text. */
export interface Tokenizer {
  /** Token ids of a text, without BOS. */
  encode(text: string): number[];
  /** Text of token ids, special tokens included. */
  decode(ids: readonly number[]): string;
  /** The beginning-of-sequence token's id, null if the tokenizer has none. */
  readonly bosTokenId: number | null;
}

const [TOKENIZER, CONFIG] = ["tokenizer.json", "tokenizer_config.json"];

/** The files of a folder that its tokenizer is read from; none if it has none. */
export function tokenizerFiles(folder: string): string[] {
  const [tokenizer, config] = [TOKENIZER, CONFIG].map((name) => join(folder, name));
  return existsSync(tokenizer) ? [tokenizer, config].filter((file) => existsSync(file)) : [];
}

interface TokenizerJson {
  model?: { type?: string; vocab?: Record<string, number>; merges?: (string | string[])[] };
}

/** What @xenova/transformers' tokenizer classes offer of what we use. */
interface XenovaTokenizer {
  encode(text: string, pair: null, options: { add_special_tokens: boolean }): number[];
  decode(ids: readonly number[], options: { skip_special_tokens: boolean }): string;
  model: { tokens_to_ids: Map<string, number> };
}

/**
 * Loads the tokenizer of a Hugging Face folder, through @xenova/transformers.
 *
 * Merges may stand in tokenizer.json as "a b" or as ["a", "b"]; today's Python tokenizers write pairs.
 *
 * @returns null if the folder has no tokenizer.json: the model then takes token ids only.
 * @throws ModelConfigError if tokenizer.json or tokenizer_config.json is not JSON or not a BPE tokenizer.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer | null> {
  const [file, configFile] = tokenizerFiles(folder);
  if (!file) return null;
  const json = readJsonFile(file, ModelConfigError) as TokenizerJson;
  const config = configFile
    ? (readJsonFile(configFile, ModelConfigError) as Record<string, unknown>)
    : {};
  if (json?.model?.type !== "BPE" || !json.model.vocab || !Array.isArray(json.model.merges)) {
    throw new ModelConfigError("this tokenizer is not GPT-2's kind", {
      file,
      found: `model.type ${JSON.stringify(json?.model?.type)}`,
      expected: `"BPE" with vocab and merges`,
    });
  }
  json.model.merges = json.model.merges.map((pair) =>
    Array.isArray(pair) ? pair.join(" ") : pair,
  );
  const { GPT2Tokenizer } = await import("@xenova/transformers");
  let tokenizer: XenovaTokenizer;
  try {
    const options = { ...config, clean_up_tokenization_spaces: false };
    tokenizer = new GPT2Tokenizer(json, options) as unknown as XenovaTokenizer;
  } catch (cause) {
    throw new ModelConfigError("the tokenizer cannot be built", {
      file,
      found: (cause as Error).message,
      remedy: "Download the model's tokenizer.json again.",
      cause,
    });
  }
  const bos = specialToken(config.bos_token) ?? "<|endoftext|>";
  return {
    encode: (text) =>
      text === "" ? [] : tokenizer.encode(text, null, { add_special_tokens: false }).map(Number),
    decode: (ids) =>
      ids.length === 0 ? "" : tokenizer.decode(ids, { skip_special_tokens: false }),
    bosTokenId: tokenizer.model.tokens_to_ids.get(bos) ?? null,
  };
}

/** Special tokens stand in tokenizer_config.json as text or as an object with the text inside. */
function specialToken(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { content?: unknown } | null)?.content;
  return typeof content === "string" ? content : undefined;
}
