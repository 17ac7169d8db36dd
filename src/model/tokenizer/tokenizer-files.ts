import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, readTextFile } from "../../checkpoints/json-file";
import { ModelConfigError } from "../../errors";
import { JsonObject } from "./json-object";

/** Gemma's tokenizer.json has 33 MB and half a million merges, each a list of two. */
const LIMITS = { bytes: 100_000_000, containers: 2_000_000 };

const BESIDE = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

/** The files of a folder that its tokenizer is read from; none if it has none. Others than readable files are none. */
export function tokenizerFiles(folder: string): string[] {
  const there = (name: string) => isReadableFile(join(folder, name));
  const own = ["tokenizer.json"].filter(there);
  if (own.length === 0) own.push(...["vocab.json", "merges.txt", "vocab.txt"].filter(there));
  return [...own, ...BESIDE.filter(there)].map((name) => join(folder, name));
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What a model's folder has of a tokenizer, as far as it is there. */
export interface TokenizerFiles {
  /** `tokenizer.json` */
  readonly tokenizer: JsonObject | undefined;
  /** `vocab.json` and `merges.txt`; read only where there is no tokenizer.json */
  readonly vocab: JsonObject | undefined;
  readonly merges: readonly string[] | undefined;
  /** `vocab.txt`; read only where there are none of the files above */
  readonly vocabText: { readonly file: string; readonly lines: readonly string[] } | undefined;
  /** `tokenizer_config.json` */
  readonly config: JsonObject | undefined;
  /** `special_tokens_map.json` */
  readonly specialTokensMap: JsonObject | undefined;
  /** `added_tokens.json` */
  readonly addedTokens: JsonObject | undefined;
  /** `config.json` */
  readonly modelConfig: JsonObject | undefined;
}

/**
 * Reads the files of a folder's tokenizer.
 *
 * @returns undefined if there is neither tokenizer.json, nor vocab.json with merges.txt, nor vocab.txt.
 * @throws ModelConfigError if one of them cannot be read or is not JSON.
 */
export function readTokenizerFiles(folder: string): TokenizerFiles | undefined {
  const [mergesFile, vocabFile] = ["merges.txt", "vocab.txt"].map((name) => join(folder, name));
  const tokenizer = readObject(folder, "tokenizer.json");
  const vocab = tokenizer || !existsSync(mergesFile) ? undefined : readObject(folder, "vocab.json");
  const hasVocabText = !tokenizer && !vocab && existsSync(vocabFile);
  if (!tokenizer && !vocab && !hasVocabText) return undefined;
  return {
    tokenizer,
    vocab,
    merges: vocab && readLines(mergesFile),
    vocabText: hasVocabText ? { file: vocabFile, lines: readLines(vocabFile) } : undefined,
    config: readObject(folder, "tokenizer_config.json"),
    specialTokensMap: readObject(folder, "special_tokens_map.json"),
    addedTokens: readObject(folder, "added_tokens.json"),
    modelConfig: readObject(folder, "config.json"),
  };
}

function readObject(folder: string, name: string): JsonObject | undefined {
  const file = join(folder, name);
  if (!existsSync(file)) return undefined;
  return new JsonObject(readJsonFile(file, ModelConfigError, LIMITS), file);
}

/** A merge or a token a line. */
function readLines(file: string): string[] {
  const lines = readTextFile(file, ModelConfigError, LIMITS.bytes).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
