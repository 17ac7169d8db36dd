import { quoted } from "../../checkpoints/quoted";
import { ModelConfigError } from "../../errors";
import type { BytePairModel } from "./byte-pairs";
import { isObject, type JsonObject } from "./json-object";
import type { TokenizerClass } from "./tokenizer-class";
import type { TokenizerFiles } from "./tokenizer-files";
import type { WordPieceModel } from "./word-pieces";

/** Gemma has 262,144. */
const MOST_TOKENS = 1_000_000;

/** BERT's has 100, its first code 200: the time that a word takes grows with its third power. */
const LONGEST_WORD = 200;

const BPE = `"BPE", with vocab and merges`;
const WORD_PIECE = `"WordPiece", with vocab`;

/**
 * The vocabulary and the rules by which pieces of a text are made into tokens.
 *
 * @param unkToken of the special tokens; for BERT's class, which takes nothing but the vocabulary from tokenizer.json
 * @throws ModelConfigError if they are of a kind that is not run or that the class does not take, or not what they
 *   should be.
 */
export function tokenModel(
  files: TokenizerFiles,
  kind: TokenizerClass,
  unkToken: string | undefined,
): BytePairModel | WordPieceModel {
  const { tokenizer, vocab, merges, vocabText } = files;
  if (!tokenizer) {
    return kind === "bert"
      ? bertModel(linesVocabulary(vocabText!.lines), unkToken, vocabText!.file)
      : gpt2Model(vocabulary(vocab!), mergesOf(vocab!, merges!));
  }
  const model = tokenizer.object("model");
  const type = model.value("type") ?? typeOf(model);
  if (type === "WordPiece" && kind !== "gpt2") {
    const tokens = vocabulary(model.object("vocab"));
    return kind === "bert"
      ? bertModel(tokens, unkToken, tokenizer.file)
      : wordPieces(model, tokens);
  }
  if (type !== "BPE" || kind === "bert") {
    const expected = { gpt2: BPE, bert: WORD_PIECE, "as written": `${BPE}, or ${WORD_PIECE}` };
    throw model.notUsable("type", model.value("type"), expected[kind]);
  }
  const pairs = {
    vocab: vocabulary(model.object("vocab")),
    merges: mergesOf(model, model.list("merges")),
  };
  if (kind === "gpt2") return gpt2Model(pairs.vocab, pairs.merges);
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

/** Files from before the format had types, among them OpenAI's own, are known by what they have. */
function typeOf(model: JsonObject): string | undefined {
  if (!isObject(model.value("vocab"))) return undefined;
  if (model.value("merges")) return "BPE";
  const own = ["unk_token", "continuing_subword_prefix", "max_input_chars_per_word"];
  return own.every((key) => model.value(key) !== undefined) ? "WordPiece" : undefined;
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

function wordPieces(model: JsonObject, vocab: WordPieceModel["vocab"]): WordPieceModel {
  const longestWord = model.count("max_input_chars_per_word");
  if (longestWord > LONGEST_WORD) {
    throw model.notUsable("max_input_chars_per_word", longestWord, `at most ${LONGEST_WORD}`);
  }
  return {
    vocab,
    unkToken: model.text("unk_token"),
    prefix: model.text("continuing_subword_prefix"),
    longestWord,
  };
}

function bertModel(
  vocab: WordPieceModel["vocab"],
  unkToken: string | undefined,
  file: string,
): WordPieceModel {
  if (unkToken !== undefined && vocab.has(unkToken)) {
    return { vocab, unkToken, prefix: "##", longestWord: 100 };
  }
  throw new ModelConfigError("this tokenizer cannot be used: it has no unknown token", {
    file,
    found: unkToken === undefined ? "none" : `no ${quoted(unkToken)} in the vocabulary`,
    remedy: "Give token ids.",
  });
}

/** A token a line, whose number is its id. */
function linesVocabulary(lines: readonly string[]): Map<string, number> {
  return new Map(lines.map((line, id) => [line.replace(/\p{White_Space}+$/u, ""), id]));
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
