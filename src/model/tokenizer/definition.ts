import { ModelConfigError } from "../../errors";
import type { AddedToken } from "./added-tokens";
import type { BytePairModel } from "./byte-pairs";
import { declaredTokens, END_OF_TEXT } from "./declared-tokens";
import { isObject, type JsonObject } from "./json-object";
import type { TokenizerFiles } from "./tokenizer-files";

/** All that there is to a tokenizer, wherever it stood. */
export interface TokenizerDefinition {
  /** The file that errors name. */
  readonly file: string;
  readonly model: BytePairModel;
  /** That of tokenizer.json, or GPT-2's own, with or without a space before a text. */
  readonly pipeline: Pipeline | { readonly addPrefixSpace: boolean };
  /** In the order and the batches in which Python adds them. */
  readonly addedTokens: readonly (readonly AddedToken[])[];
  /** Special tokens are not looked for in a text. */
  readonly splitsSpecialTokens: boolean;
  /** The beginning-of-sequence token; where there is none, what TransformerLens takes for it. */
  readonly bosTokens: readonly string[];
}

/** Parts of tokenizer.json that say how a text is cut and put together. */
export interface Pipeline {
  readonly normalizer: JsonObject | undefined;
  readonly preTokenizer: JsonObject | undefined;
  readonly decoder: JsonObject | undefined;
}

/** Gemma has 262,144. */
const MOST_TOKENS = 1_000_000;

/** Those of transformers' classes that make GPT-2's tokenizer of the vocabulary and merges alone. */
const GPT2_CLASSES = ["GPT2Tokenizer", "CodeGenTokenizer"];

/** Models whose tokenizer is of such a class where their files name none. */
const GPT2_MODELS = ["gpt2", "gpt_neo", "codegen", "opt", "phi", "starcoder2"];

/**
 * Puts a tokenizer together as transformers 5 does. Its class GPT2Tokenizer takes the vocabulary, the merges and the
 * added tokens, and is GPT-2's in everything else, whatever tokenizer.json says; `add_prefix_space` comes from
 * tokenizer_config.json. Other classes are what tokenizer.json says.
 *
 * @throws ModelConfigError if the files are not of a byte-pair tokenizer, or not what they should be.
 */
export function tokenizerDefinition(files: TokenizerFiles): TokenizerDefinition {
  const { tokenizer, config } = files;
  const isGpt2 = isGpt2Class(files);
  const file = (tokenizer ?? files.vocab!).file;
  if (!tokenizer && !isGpt2) {
    throw new ModelConfigError("this tokenizer cannot be used: it is not GPT-2's kind", {
      file,
      found: "a tokenizer of another class without tokenizer.json",
      remedy: "Give token ids, or add the tokenizer.json that Python's tokenizers write.",
    });
  }
  const { batches, byRole } = declaredTokens(files, isGpt2);
  const bosTokens = ["bos_token", "eos_token"].flatMap((role) => byRole.get(role)?.content ?? []);
  return {
    file,
    model: bytePairModel(files, isGpt2),
    pipeline: isGpt2
      ? { addPrefixSpace: config?.value("add_prefix_space") === true }
      : {
          normalizer: part(tokenizer!, "normalizer"),
          preTokenizer: part(tokenizer!, "pre_tokenizer"),
          decoder: part(tokenizer!, "decoder"),
        },
    addedTokens: batches,
    splitsSpecialTokens: config?.value("split_special_tokens") === true,
    bosTokens: [...bosTokens, END_OF_TEXT],
  };
}

function part(tokenizer: JsonObject, key: string): JsonObject | undefined {
  return tokenizer.value(key) === undefined ? undefined : tokenizer.object(key);
}

function isGpt2Class({ config, modelConfig }: TokenizerFiles): boolean {
  const named = config?.value("tokenizer_class") ?? modelConfig?.value("tokenizer_class");
  if (typeof named === "string") return GPT2_CLASSES.includes(named.replace(/Fast$/, ""));
  const type = modelConfig?.value("model_type");
  return type === undefined || GPT2_MODELS.includes(type as string);
}

function bytePairModel(
  { tokenizer, vocab, merges }: TokenizerFiles,
  isGpt2: boolean,
): BytePairModel {
  if (!tokenizer) {
    return gpt2Model(vocabulary(vocab!), mergesOf(vocab!, merges!));
  }
  const model = tokenizer.object("model");
  // Files from before the format had types, among them OpenAI's own, are known by what they have.
  const type =
    model.value("type") ?? (isObject(model.value("vocab")) && model.value("merges") ? "BPE" : "");
  if (type !== "BPE")
    throw model.notUsable("type", model.value("type"), `"BPE", with vocab and merges`);
  const pairs = {
    vocab: vocabulary(model.object("vocab")),
    merges: mergesOf(model, model.list("merges")),
  };
  if (isGpt2) return gpt2Model(pairs.vocab, pairs.merges);
  for (const key of ["continuing_subword_prefix", "end_of_word_suffix", "dropout"]) {
    const value = model.value(key) ?? "";
    if (value !== "" && value !== 0)
      throw model.notUsable(key, value, "nothing: it is not supported");
  }
  return {
    ...pairs,
    unkToken: model.value("unk_token") === undefined ? null : model.text("unk_token"),
    fuseUnk: model.flag("fuse_unk", false),
    byteFallback: model.flag("byte_fallback", false),
    ignoreMerges: model.flag("ignore_merges", false),
  };
}

function gpt2Model(vocab: BytePairModel["vocab"], merges: BytePairModel["merges"]): BytePairModel {
  return {
    vocab,
    merges,
    unkToken: null,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges: false,
  };
}

function vocabulary(tokens: JsonObject): Map<string, number> {
  const vocab = new Map<string, number>();
  const keys = tokens.keys();
  if (keys.length > MOST_TOKENS) {
    throw tokens.notUsable("", `${keys.length} tokens`, `at most ${MOST_TOKENS}`);
  }
  for (const token of keys) vocab.set(token, tokens.count(token));
  return vocab;
}

/**
 * Merges stand as `"a b"` or as `["a", "b"]`: today's Python tokenizers write pairs. There can be a million: each is
 * looked at when it is needed.
 */
function* mergesOf(
  from: JsonObject,
  merges: readonly unknown[],
): Generator<readonly [string, string]> {
  for (const merge of merges) {
    if (typeof merge === "string" && merge.startsWith("#version")) continue;
    const pair: unknown = typeof merge === "string" ? merge.split(" ") : merge;
    const isPair = Array.isArray(pair) && pair.length === 2;
    if (!isPair || pair.some((part) => typeof part !== "string" || part === "")) {
      throw from.notUsable("merges", merge, "two tokens in each merge");
    }
    yield pair as [string, string];
  }
}
