import { ModelConfigError } from "../../errors";
import type { AddedToken } from "./added-tokens";
import type { BytePairModel } from "./byte-pairs";
import { isObject, isTokenId, JsonObject } from "./json-object";
import type { TokenizerFiles } from "./tokenizer-files";

/** All that there is to a tokenizer, wherever it stood. */
export interface TokenizerDefinition {
  /** The file that errors name. */
  readonly file: string;
  readonly model: BytePairModel;
  /** As in tokenizer.json; null is GPT-2's own, with or without its space before a text. */
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

const END_OF_TEXT = "<|endoftext|>";

/** Special tokens that every tokenizer class of transformers knows, in its order. */
const SPECIAL_TOKENS = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

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
  const model = bytePairModel(files, isGpt2);
  const inFile = tokenizer?.value("added_tokens") === undefined ? [] : addedInFile(tokenizer);
  const special = specialTokens(files, isGpt2);
  const own = isGpt2 ? [] : inFile.map(({ token }) => token);
  const more = moreTokens(files, inFile, special, own);
  return {
    file,
    model,
    pipeline: isGpt2
      ? { addPrefixSpace: config?.value("add_prefix_space") === true }
      : {
          normalizer: part(tokenizer!, "normalizer"),
          preTokenizer: part(tokenizer!, "pre_tokenizer"),
          decoder: part(tokenizer!, "decoder"),
        },
    addedTokens: [own, more],
    splitsSpecialTokens: config?.value("split_special_tokens") === true,
    bosTokens: [special.get("bos_token"), special.get("eos_token")]
      .flatMap((token) => (token ? [token.content] : []))
      .concat(END_OF_TEXT),
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

interface NumberedToken {
  readonly id: number;
  readonly token: AddedToken;
}

function addedInFile(tokenizer: JsonObject): NumberedToken[] {
  return tokenizer
    .objects("added_tokens", Number.POSITIVE_INFINITY)
    .map((token) => ({ id: token.count("id"), token: addedToken(token) }));
}

function addedToken(token: JsonObject, isSpecial = false): AddedToken {
  const special = isSpecial || token.flag("special", false);
  return {
    content: token.text("content"),
    singleWord: token.flag("single_word", false),
    lstrip: token.flag("lstrip", false),
    rstrip: token.flag("rstrip", false),
    normalized: token.flag("normalized", !special),
    special,
  };
}

function specialToken(content: string): AddedToken {
  return {
    content,
    singleWord: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  };
}

/** A special token stands as text or as an object with the text in it. */
function asSpecialToken(value: unknown, file: string, key: string): AddedToken | undefined {
  if (typeof value === "string") return specialToken(value);
  return isObject(value) ? addedToken(new JsonObject(value, file, key), true) : undefined;
}

/** The special tokens that have a role, by the role's name, in transformers' order; special_tokens_map.json wins. */
function specialTokens(files: TokenizerFiles, isGpt2: boolean): Map<string, AddedToken> {
  const defaults = isGpt2 ? ["bos_token", "eos_token", "unk_token"] : [];
  const found = new Map<string, AddedToken | undefined>([
    ...SPECIAL_TOKENS.map((key) => [key, undefined] as const),
    ...defaults.map((key) => [key, specialToken(END_OF_TEXT)] as const),
    ...tokensByRole(files.config),
    ...tokensByRole(specialTokensMap(files)),
  ]);
  return new Map([...found].flatMap(([key, token]) => (token ? [[key, token]] : [])));
}

/** The tokens that a file gives a role; undefined where it expressly gives none. */
function tokensByRole(
  file: JsonObject | undefined,
): [role: string, token: AddedToken | undefined][] {
  return (file?.keys() ?? []).flatMap((key) => {
    if (!key.endsWith("_token")) return [];
    const value = file!.value(key);
    const token = asSpecialToken(value, file!.file, key);
    return token || value === undefined ? [[key, token]] : [];
  });
}

/**
 * Tokens that are added to those that a tokenizer has of its own: the numbered ones in the order of their numbers (of
 * `added_tokens_decoder`, else of added_tokens.json and tokenizer.json), then special ones that are not among them.
 */
function moreTokens(
  files: TokenizerFiles,
  inFile: readonly NumberedToken[],
  special: ReadonlyMap<string, AddedToken>,
  own: readonly AddedToken[],
): AddedToken[] {
  const { config } = files;
  const map = specialTokensMap(files);
  const inConfig = extraTokens(config, "extra_special_tokens");
  const extra = [
    ...(inConfig.length > 0 ? inConfig : extraTokens(config, "additional_special_tokens")),
    ...extraTokens(map, "extra_special_tokens"),
  ];
  const more = extra.length > 0 ? extra : extraTokens(map, "additional_special_tokens");
  const numbered = numberedTokens(files, inFile, extra).sort((a, b) => a.id - b.id);
  const named = new Set([...special.values()].map(({ content }) => content));
  const tokens = numbered.map(({ token }) =>
    named.has(token.content) ? { ...token, special: true } : token,
  );
  const present = new Set([...own, ...tokens].map(({ content }) => content));
  const others = [...special.values(), ...more].filter(({ content }) => !present.has(content));
  const once = new Map(others.map((token) => [JSON.stringify(token), token]));
  return [...tokens, ...once.values()];
}

/** special_tokens_map.json counts where tokenizer_config.json has no `added_tokens_decoder`. */
function specialTokensMap({ config, specialTokensMap }: TokenizerFiles): JsonObject | undefined {
  return config?.value("added_tokens_decoder") === undefined ? specialTokensMap : undefined;
}

function numberedTokens(
  files: TokenizerFiles,
  inFile: readonly NumberedToken[],
  extra: readonly AddedToken[],
): NumberedToken[] {
  const { config, addedTokens } = files;
  if (config?.value("added_tokens_decoder") !== undefined) {
    const decoder = config.object("added_tokens_decoder");
    return decoder.keys().map((key) => {
      const id = Number(key);
      if (!isTokenId(id)) throw decoder.notUsable(key, key, "token ids as keys");
      return { id, token: addedToken(decoder.object(key)) };
    });
  }
  // What tokenizer_config.json has as an object is no token yet where transformers looks for it here.
  const special = new Set<unknown>([
    ...tokensByRole(config).flatMap(([role]) => config!.value(role)),
    ...tokensByRole(specialTokensMap(files)).map(([, token]) => token?.content),
    ...extra.map(({ content }) => content),
  ]);
  const byId = new Map<number, AddedToken>();
  for (const content of addedTokens?.keys() ?? []) {
    const isSpecial = special.has(content);
    const token = { ...specialToken(content), normalized: !isSpecial, special: isSpecial };
    byId.set(addedTokens!.count(content), token);
  }
  for (const { id, token } of inFile) byId.set(id, token);
  return [...byId].map(([id, token]) => ({ id, token }));
}

/** Special tokens without a role. */
function extraTokens(from: JsonObject | undefined, key: string): AddedToken[] {
  const value = from?.value(key);
  const values = isObject(value) ? Object.values(value) : Array.isArray(value) ? value : [];
  return values.flatMap((each) => asSpecialToken(each, from!.file, key) ?? []);
}
