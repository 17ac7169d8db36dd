import { quoted } from "../../checkpoints/quoted";
import { InputError, ModelConfigError } from "../../errors";
import { unknownId } from "./unknown-token";

/** Byte-pair encoding's vocabulary and rules. */
export interface BytePairModel {
  /** Token → id. */
  readonly vocab: ReadonlyMap<string, number>;
  /** Neighbours that become one token, the most urgent first. */
  readonly merges: Iterable<readonly [left: string, right: string]>;
  /** What stands for characters that are not in the vocabulary; null if they are dropped. */
  readonly unkToken: string | null;
  /** Neighbouring unknown characters are one unknown token. */
  readonly fuseUnk: boolean;
  /** Unknown characters become the tokens of their bytes, such as `<0x0A>`. */
  readonly byteFallback: boolean;
  /** A piece that is a token as it is needs no merges. */
  readonly ignoreMerges: boolean;
}

/** What @xenova/transformers offers of its byte-pair model. */
interface XenovaModel {
  bpe(word: string): string[];
  /** `"left right"` → how urgent it is. */
  readonly bpe_ranks: Map<string, number>;
  readonly cache: Map<string, string[]>;
}

/** So many pieces are remembered with their ids, of so many characters. */
const MOST_REMEMBERED = 20_000;
const LONGEST_REMEMBERED = 256;

/** A stretch without a place to cut takes the library 40 µs a character. Real ones are of some hundreds. */
const LONGEST_STRETCH = 100_000;

/** Stands for a space inside a token: the library separates a merge's two parts by one. */
const INNER_SPACE = "\uffff";

const utf8 = new TextEncoder();

/** Byte-pair encoding of pieces of text, merged by @xenova/transformers. */
export class BytePairs {
  private readonly remembered = new Map<string, readonly number[]>();

  private constructor(
    private readonly model: Omit<BytePairModel, "merges">,
    private readonly merger: XenovaModel,
    /** Every two characters that are neighbours in any token that merges make. */
    private readonly neighbours: ReadonlySet<string>,
    private readonly file: string,
  ) {}

  /** @throws ModelConfigError if a merge's parts or its result are not in the vocabulary. */
  static async of({ merges, ...model }: BytePairModel, file: string): Promise<BytePairs> {
    const { TokenizerModel } = await import("@xenova/transformers");
    const empty = TokenizerModel.fromConfig({ type: "BPE", vocab: {}, merges: [] });
    const merger = empty as unknown as XenovaModel;
    const neighbours = new Set<string>();
    let rank = 0;
    for (const [left, right] of merges) {
      checkMerge(left, right, rank, model, file);
      // The constructor would keep every merge twice.
      merger.bpe_ranks.set(`${withoutSpaces(left)} ${withoutSpaces(right)}`, rank++);
      // What is inside of the two was made by other merges.
      neighbours.add(Array.from(left).at(-1)! + Array.from(right)[0]);
    }
    return new BytePairs(model, merger, neighbours, file);
  }

  /** @throws InputError if a character is unknown and the unknown token is too, or the piece is implausibly long. */
  encode(piece: string): readonly number[] {
    const known = this.remembered.get(piece);
    if (known) return known;
    const ids = this.encodeAnew(piece);
    if (this.remembered.size >= MOST_REMEMBERED) this.remembered.clear();
    if (piece.length <= LONGEST_REMEMBERED) this.remembered.set(piece, ids);
    return ids;
  }

  private encodeAnew(piece: string): number[] {
    const { vocab, ignoreMerges } = this.model;
    const whole = ignoreMerges ? vocab.get(piece) : undefined;
    if (whole !== undefined) return [whole];
    return this.symbols(piece).flatMap((symbol) =>
      typeof symbol === "number" ? [symbol] : this.merged(symbol),
    );
  }

  /** Stretches of characters of the vocabulary, and the ids that stand for others. */
  private symbols(piece: string): (string | number)[] {
    const { vocab, unkToken, fuseUnk } = this.model;
    const out: (string | number)[] = [];
    // Unknown characters that have not got their token yet, as tokenizers has it: bytes can overtake them.
    let waiting: number | undefined;
    const flush = () => {
      if (waiting !== undefined) out.push(waiting);
      waiting = undefined;
    };
    for (const character of piece) {
      if (vocab.has(character)) {
        flush();
        const last = out.at(-1);
        if (typeof last === "string") out[out.length - 1] = last + character;
        else out.push(character);
        continue;
      }
      const bytes = this.bytesOf(character);
      if (bytes) out.push(...bytes);
      else if (unkToken !== null) {
        if (!fuseUnk) flush();
        waiting = unknownId(vocab, unkToken, this.file);
      }
    }
    flush();
    return out;
  }

  private bytesOf(character: string): number[] | undefined {
    if (!this.model.byteFallback) return undefined;
    const ids = Array.from(utf8.encode(character), (byte) =>
      this.model.vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
    );
    return ids.includes(undefined) ? undefined : (ids as number[]);
  }

  /** Ids of a stretch of characters of the vocabulary. */
  private merged(text: string): number[] {
    const characters = Array.from(text);
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      // No token reaches over two characters that are neighbours in none.
      let end = start + 1;
      while (
        end < characters.length &&
        this.neighbours.has(characters[end - 1] + characters[end])
      ) {
        end++;
      }
      const stretch = characters.slice(start, end);
      if (stretch.length > LONGEST_STRETCH) throw tooLong(stretch.length, this.file);
      for (const token of this.merger.bpe(withoutSpaces(stretch.join("")))) {
        ids.push(this.model.vocab.get(token.replaceAll(INNER_SPACE, " "))!);
      }
      // The library's own memory has no end.
      this.merger.cache.clear();
      start = end;
    }
    return ids;
  }
}

function tooLong(length: number, file: string): InputError {
  return new InputError("the text has too long a stretch that the tokenizer cannot cut", {
    file,
    found: `${length} characters`,
    expected: `at most ${LONGEST_STRETCH}`,
    remedy: "Shorten it, or give token ids.",
  });
}

function withoutSpaces(text: string): string {
  return text.replaceAll(" ", INNER_SPACE);
}

function checkMerge(
  left: string,
  right: string,
  rank: number,
  { vocab, unkToken }: Omit<BytePairModel, "merges">,
  file: string,
): void {
  const missing = [left, right, left + right].find((part) => !vocab.has(part));
  if (missing !== undefined) throw notUsable(file, rank, missing, "in the vocabulary");
  const unknown = [left, right].find((part) => part === unkToken);
  if (unknown !== undefined) throw notUsable(file, rank, unknown, "not the unknown token");
}

function notUsable(file: string, merge: number, part: string, expected: string): ModelConfigError {
  return new ModelConfigError("this tokenizer cannot be used: a merge contradicts the vocabulary", {
    file,
    found: `merge ${merge} with ${quoted(part)}`,
    expected: `its parts and its result to be ${expected}`,
    remedy: "Give token ids, or download the tokenizer again.",
  });
}
