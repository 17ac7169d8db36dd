import { InputError, ModelConfigError, TslensError } from "../errors";
import { AddedTokens } from "./tokenizer/added-tokens";
import { BytePairs } from "./tokenizer/byte-pairs";
import { byteLevelText, type Decode, decoderOf } from "./tokenizer/decoder";
import { type TokenizerDefinition, tokenizerDefinition } from "./tokenizer/definition";
import { type Normalize, normalizerOf } from "./tokenizer/normalizer";
import { byteLevel, inOrder, type PreTokenize, preTokenizerOf } from "./tokenizer/pre-tokenizer";
import { readTokenizerFiles } from "./tokenizer/tokenizer-files";
import { WordPieces } from "./tokenizer/word-pieces";

/** A model's own tokenizer; no token is added that is not in the text. */
export interface Tokenizer {
  /**
   * Token ids of a text, without BOS.
   *
   * @throws InputError if the tokenizer cannot cut it (by far too long, or a character that it does not know).
   */
  encode(text: string): number[];
  /** Text of token ids, special tokens included. */
  decode(ids: readonly number[]): string;
  /** The id of the token that is written so in the vocabulary (`▁a`, `Ġa` with a space before it); null if none is. */
  idOf(token: string): number | null;
  /** The beginning-of-sequence token's id, null if the tokenizer has none. */
  readonly bosTokenId: number | null;
  /** The largest id of its vocabulary, tokens that were added to it aside. */
  readonly largestId?: number;
}

/**
 * Loads the tokenizer of a Hugging Face folder: of tokenizer.json, in any form that it has had, or of vocab.json and
 * merges.txt, or of BERT's vocab.txt, with what tokenizer_config.json, special_tokens_map.json and added_tokens.json
 * say beside them. Its ids are those of Python's transformers 5. Byte-pair merges and WordPiece are
 * @xenova/transformers'.
 *
 * @returns null if the folder has no tokenizer: the model then takes token ids only.
 * @throws ModelConfigError if a file is damaged, or the tokenizer is neither a byte-pair nor a WordPiece one, or has a
 *   part that is not run (it is named).
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer | null> {
  try {
    const files = readTokenizerFiles(folder);
    return files ? await build(tokenizerDefinition(files)) : null;
  } catch (cause) {
    if (cause instanceof TslensError) throw cause;
    throw new ModelConfigError("the tokenizer cannot be built", {
      file: folder,
      found: (cause as Error).message.slice(0, 200),
      remedy: "Give token ids, or download the tokenizer again.",
      cause,
    });
  }
}

/**
 * The tokenizer of a folder as far as it can be used: one that cannot does not keep anybody from giving token ids, and
 * says why when it is given a text.
 */
export async function openTokenizer(folder: string): Promise<{
  tokenizer: Tokenizer | null;
  promptEncoder: Pick<Tokenizer, "encode" | "bosTokenId"> | null;
}> {
  try {
    const tokenizer = await loadTokenizer(folder);
    return { tokenizer, promptEncoder: tokenizer };
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    const encode = () => {
      throw new InputError(`this model takes no text: ${error.message}`, { cause: error });
    };
    return { tokenizer: null, promptEncoder: { encode, bosTokenId: null } };
  }
}

interface Stages {
  readonly normalize: Normalize;
  readonly preTokenize: PreTokenize;
  readonly decode: Decode;
}

function stages({ pipeline }: TokenizerDefinition): Stages {
  if ("addPrefixSpace" in pipeline) {
    return {
      normalize: (text) => text,
      preTokenize: inOrder(byteLevel(pipeline.addPrefixSpace, true)),
      decode: byteLevelText,
    };
  }
  return {
    normalize: normalizerOf(pipeline.normalizer),
    preTokenize: preTokenizerOf(pipeline.preTokenizer),
    decode: decoderOf(pipeline.decoder),
  };
}

async function build(definition: TokenizerDefinition): Promise<Tokenizer> {
  const { model, addedTokens, splitsSpecialTokens, bosTokens, file } = definition;
  const { normalize, preTokenize, decode } = stages(definition);
  const added = new AddedTokens(addedTokens, model.vocab, normalize, splitsSpecialTokens, file);
  const encoder =
    "merges" in model ? await BytePairs.of(model, file) : await WordPieces.of(model, file);
  let tokens: Map<number, string> | undefined;
  const tokenOf = (id: number) => {
    tokens ??= new Map(Array.from(model.vocab, ([token, key]) => [key, token]));
    return added.contentOf(id) ?? tokens.get(id) ?? [];
  };
  const bosIds = bosTokens.map((token) => added.idOf(token));
  return {
    encode: (text) => {
      const ids: number[] = [];
      try {
        for (const part of added.split(wellFormed(text))) {
          if (typeof part === "number") ids.push(part);
          else
            for (const piece of preTokenize(part)) {
              for (const id of encoder.encode(piece.text)) ids.push(id);
            }
        }
      } catch (cause) {
        throw cause instanceof RangeError ? tooLong(text, cause) : cause;
      }
      return ids;
    },
    decode: (ids) => decode(ids.flatMap(tokenOf)),
    idOf: (token) => added.idOf(token) ?? null,
    bosTokenId: bosIds.find((id) => id !== undefined) ?? null,
    largestId: Array.from(model.vocab.values()).reduce((most, id) => Math.max(most, id), 0),
  };
}

/** Half of a pair of units is no character: it has no bytes. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

/** A regular expression's memory is used up by some ten million characters, a string's by 500 million. */
function tooLong(text: string, cause: RangeError): InputError {
  return new InputError("the text is too long to be made into tokens", {
    found: `${text.length} characters`,
    remedy: "Shorten it.",
    cause,
  });
}
