import { unknownId } from "./unknown-token";

/** WordPiece's vocabulary and rules. */
export interface WordPieceModel {
  /** Token → id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** What stands for a word that cannot be put together from tokens. */
  readonly unkToken: string;
  /** What tokens begin with that do not begin a word: `##`. */
  readonly prefix: string;
  /** Longer words are unknown. */
  readonly longestWord: number;
}

/** What @xenova/transformers offers of its WordPiece model. */
interface XenovaModel {
  tokens_to_ids: ReadonlyMap<string, number>;
  encode(words: readonly string[]): string[];
}

/** So many words are remembered with their ids. */
const MOST_REMEMBERED = 20_000;

/** WordPiece encoding of words, by @xenova/transformers. */
export class WordPieces {
  private readonly remembered = new Map<string, readonly number[]>();

  private constructor(
    private readonly model: WordPieceModel,
    private readonly library: XenovaModel,
    private readonly file: string,
  ) {}

  static async of(model: WordPieceModel, file: string): Promise<WordPieces> {
    const { TokenizerModel } = await import("@xenova/transformers");
    const library = TokenizerModel.fromConfig({
      type: "WordPiece",
      vocab: {},
      unk_token: model.unkToken,
      continuing_subword_prefix: model.prefix,
      max_input_chars_per_word: model.longestWord,
    }) as unknown as XenovaModel;
    // The constructor would copy it twice.
    library.tokens_to_ids = model.vocab;
    return new WordPieces(model, library, file);
  }

  /** @throws InputError if the word is unknown and the unknown token is too. */
  encode(word: string): readonly number[] {
    const known = this.remembered.get(word);
    if (known) return known;
    const { vocab, unkToken } = this.model;
    const ids = this.library
      .encode([word])
      .map((token) => vocab.get(token) ?? unknownId(vocab, unkToken, this.file));
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    if (word.length <= this.model.longestWord) this.remembered.set(word, ids);
    return ids;
  }
}
