import { ModelConfigError } from "../../errors";
import type { AddedToken } from "./added-tokens";
import type { BytePairModel } from "./byte-pairs";
import { declaredTokens, END_OF_TEXT } from "./declared-tokens";
import { JsonObject } from "./json-object";
import { tokenModel } from "./token-model";
import { type TokenizerClass, tokenizerClass } from "./tokenizer-class";
import type { TokenizerFiles } from "./tokenizer-files";
import type { WordPieceModel } from "./word-pieces";

/** All that there is to a tokenizer, wherever it stood. */
export interface TokenizerDefinition {
  /** The file that errors name. */
  readonly file: string;
  readonly model: BytePairModel | WordPieceModel;
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

/**
 * Puts a tokenizer together as transformers 5 does. Its class GPT2Tokenizer takes the vocabulary, the merges and the
 * added tokens, and is GPT-2's in everything else, whatever tokenizer.json says; `add_prefix_space` comes from
 * tokenizer_config.json. So is BertTokenizer BERT's. Other classes are what tokenizer.json says.
 *
 * @throws ModelConfigError if the files are not of a byte-pair or WordPiece tokenizer, or not what they should be.
 */
export function tokenizerDefinition(files: TokenizerFiles): TokenizerDefinition {
  const { tokenizer, vocab, vocabText, config } = files;
  const kind = tokenizerClass(files);
  const own = tokenizer ?? { gpt2: vocab, bert: vocabText, "as written": undefined }[kind];
  if (!own) {
    throw new ModelConfigError("this tokenizer cannot be used without tokenizer.json", {
      file: (vocab ?? vocabText!).file,
      found: "a tokenizer of another class than this file is for",
      expected: "GPT2Tokenizer with vocab.json and merges.txt, or BertTokenizer with vocab.txt",
      remedy: "Give token ids, or add the tokenizer.json that Python's tokenizers write.",
    });
  }
  const { batches, byRole } = declaredTokens(files, kind);
  const bosTokens = ["bos_token", "eos_token"].flatMap((role) => byRole.get(role)?.content ?? []);
  return {
    file: own.file,
    model: tokenModel(files, kind, byRole.get("unk_token")?.content),
    pipeline: pipelineOf(files, kind),
    addedTokens: batches,
    splitsSpecialTokens: config?.value("split_special_tokens") === true,
    bosTokens: [...bosTokens, END_OF_TEXT],
  };
}

function pipelineOf(
  { tokenizer, config }: TokenizerFiles,
  kind: TokenizerClass,
): TokenizerDefinition["pipeline"] {
  switch (kind) {
    case "gpt2":
      return { addPrefixSpace: config?.value("add_prefix_space") === true };
    case "bert": {
      const file = config?.file ?? "tokenizer_config.json";
      const normalizer = {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: config?.flag("tokenize_chinese_chars", true) ?? true,
        strip_accents: config?.value("strip_accents"),
        lowercase: config?.flag("do_lower_case", true) ?? true,
      };
      return {
        normalizer: new JsonObject(normalizer, file),
        preTokenizer: new JsonObject({ type: "BertPreTokenizer" }, file),
        decoder: new JsonObject({ type: "WordPiece", prefix: "##", cleanup: true }, file),
      };
    }
    case "as written":
      return {
        normalizer: part(tokenizer!, "normalizer"),
        preTokenizer: part(tokenizer!, "pre_tokenizer"),
        decoder: part(tokenizer!, "decoder"),
      };
  }
}

function part(tokenizer: JsonObject, key: string): JsonObject | undefined {
  return tokenizer.value(key) === undefined ? undefined : tokenizer.object(key);
}
