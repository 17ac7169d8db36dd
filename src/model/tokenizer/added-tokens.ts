import { ModelConfigError } from "../../errors";
import type { Normalize } from "./normalizer";
import type { Piece } from "./pre-tokenizer";

/** A token that is found in a text before anything else is done to it. */
export interface AddedToken {
  readonly content: string;
  /** Found only where it is not part of a word. */
  readonly singleWord: boolean;
  /** Takes white space before it. */
  readonly lstrip: boolean;
  /** Takes white space behind it. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text, in its own normalized form. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Looking for a token takes as many steps as it is long, at every character of a text. */
const LONGEST_TOKEN = 1_000;

const ENDS_WITH_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const BEGINS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const WHITE_SPACE = /\p{White_Space}/u;

/**
 * The tokens that a tokenizer has beside its vocabulary, with the ids that Python's tokenizers give them: that of the
 * vocabulary if they are in it, else the next free one, whatever number stands beside them in the file.
 */
export class AddedTokens {
  /** Content → id. */
  private readonly ids = new Map<string, number>();
  private readonly tokens = new Map<number, AddedToken>();
  /** Contents that were special once: they stay so. */
  private readonly special = new Set<string>();
  private readonly plain: LongestMatches;
  private readonly normalized: LongestMatches;

  /**
   * @param added in the order they are added, in batches: a free id is looked for at the beginning of a batch. A later
   *   one with the same content replaces the earlier.
   * @throws ModelConfigError if one is too long.
   */
  constructor(
    added: readonly (readonly AddedToken[])[],
    private readonly vocab: ReadonlyMap<string, number>,
    private readonly normalize: Normalize,
    /** Special tokens are text like any other. */
    private readonly splitsSpecial: boolean,
    file: string,
  ) {
    for (const batch of added) this.add(batch, file);
    const entries = [...this.tokens].map(([id, token]) => ({ id, token }));
    this.plain = new LongestMatches(
      entries.filter(({ token }) => !token.normalized).map(({ id, token }) => [token.content, id]),
    );
    this.normalized = new LongestMatches(
      entries
        .filter(({ token }) => token.normalized)
        .map(({ id, token }) => [normalize(token.content), id]),
    );
  }

  private add(batch: readonly AddedToken[], file: string): void {
    let next = [...this.tokens.keys()].reduce(
      (most, id) => Math.max(most, id + 1),
      this.vocab.size,
    );
    for (const token of batch) {
      if (token.content === "") continue;
      if (token.content.length > LONGEST_TOKEN) {
        throw new ModelConfigError("this tokenizer cannot be used: an added token is too long", {
          file,
          found: `${token.content.length} characters`,
          expected: `at most ${LONGEST_TOKEN}`,
          remedy: "Give token ids.",
        });
      }
      const id = this.idOf(token.content) ?? next++;
      this.ids.set(token.content, id);
      this.tokens.set(id, token);
      if (token.special) this.special.add(token.content);
    }
  }

  /** The id of a token, in the vocabulary or added. */
  idOf(content: string): number | undefined {
    return this.ids.get(content) ?? this.vocab.get(content);
  }

  /** What an added token is decoded from: its normalized form, if it is looked for in that. */
  contentOf(id: number): string | undefined {
    const token = this.tokens.get(id);
    return token?.normalized ? this.normalize(token.content) : token?.content;
  }

  /** The ids of added tokens in a text, and the normalized pieces between them. */
  split(text: string): (number | Piece)[] {
    const whole: Piece = { text, isFirst: true };
    return this.splitBy(this.plain, whole).flatMap((part) =>
      typeof part === "number"
        ? [part]
        : this.splitBy(this.normalized, { ...part, text: this.normalize(part.text) }),
    );
  }

  private splitBy(matches: LongestMatches, { text, isFirst }: Piece): (number | Piece)[] {
    const out: (number | Piece)[] = [];
    let done = 0;
    const pieceUntil = (end: number) => {
      if (done < end) out.push({ text: text.slice(done, end), isFirst: isFirst && done === 0 });
    };
    for (const match of matches.in(text)) {
      const token = this.tokens.get(match.id)!;
      let { start, end } = match;
      if (this.splitsSpecial && this.special.has(token.content)) continue;
      if (token.singleWord && isInWord(text, start, end)) continue;
      if (token.lstrip) {
        while (start > done && WHITE_SPACE.test(text[start - 1])) start--;
        start = Math.max(start, done);
      }
      if (token.rstrip) while (end < text.length && WHITE_SPACE.test(text[end])) end++;
      pieceUntil(start);
      // The token before can have taken this one, if both are white space.
      if (start < end) out.push(match.id);
      done = end;
    }
    pieceUntil(text.length);
    return out;
  }
}

function isInWord(text: string, start: number, end: number): boolean {
  // The last character before has two units at most, and so has the first behind.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    BEGINS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

/** Finds texts of a list in another: the leftmost one, the longest of those that begin there, and so on behind it. */
class LongestMatches {
  private readonly contents: readonly string[];
  private readonly ids: readonly number[];
  /** First unit → where the contents that begin with it begin and end in the sorted list. */
  private readonly ranges = new Map<number, [number, number]>();

  constructor(entries: readonly (readonly [content: string, id: number])[]) {
    const sorted = entries
      .filter(([content]) => content !== "")
      .sort(([a], [b]) => (a < b ? -1 : 1));
    this.contents = sorted.map(([content]) => content);
    this.ids = sorted.map(([, id]) => id);
    this.contents.forEach((content, i) => {
      const unit = content.charCodeAt(0);
      this.ranges.set(unit, [this.ranges.get(unit)?.[0] ?? i, i + 1]);
    });
  }

  *in(text: string): Iterable<{ start: number; end: number; id: number }> {
    if (this.contents.length === 0) return;
    for (let start = 0; start < text.length; ) {
      const found = this.longestAt(text, start);
      if (found === undefined) start++;
      else {
        const end = start + this.contents[found].length;
        yield { start, end, id: this.ids[found] };
        start = end;
      }
    }
  }

  private longestAt(text: string, start: number): number | undefined {
    let [low, high] = this.ranges.get(text.charCodeAt(start)) ?? [0, 0];
    let longest: number | undefined;
    for (let length = 1; low < high; length++) {
      // The list is sorted: a text that is the beginning of others stands before them.
      while (low < high && this.contents[low].length === length) longest = low++;
      const unit = text.charCodeAt(start + length);
      if (Number.isNaN(unit)) break;
      low = this.firstFrom(low, high, length, unit);
      high = this.firstFrom(low, high, length, unit + 1);
    }
    return longest;
  }

  /** The first in a range of contents, which agree before `at`, whose unit there is not less than `unit`. */
  private firstFrom(low: number, high: number, at: number, unit: number): number {
    let [from, to] = [low, high];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.contents[middle].charCodeAt(at) < unit) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
