import type { Tokenizer } from "../model/tokenizer";

/** What a decoder writes where bytes are no whole letter. */
const PART_OF_A_LETTER = "\uFFFD";

/** Tokens over which a letter may be spread; one of four bytes has at most four, a joined emoji is several. */
const MOST_PARTS = 8;

/**
 * The text of each token of a prompt, as a reader sees it: of a letter that is spread over several tokens
 * the first has all, and the others nothing.
 *
 * @returns ids as texts where there is no tokenizer
 */
export function tokenTexts(ids: readonly number[], tokenizer: Tokenizer | null): string[] {
  if (!tokenizer) return ids.map(String);
  const texts: string[] = [];
  for (let at = 0; at < ids.length; ) {
    const count = tokensOfLetters(ids, at, tokenizer);
    texts.push(tokenizer.decode(ids.slice(at, at + count)), ...Array(count - 1).fill(""));
    at += count;
  }
  return texts;
}

/** How many tokens from one on make whole letters; one where none do. */
function tokensOfLetters(ids: readonly number[], at: number, tokenizer: Tokenizer): number {
  for (let count = 1; count <= Math.min(MOST_PARTS, ids.length - at); count++) {
    if (!tokenizer.decode(ids.slice(at, at + count)).includes(PART_OF_A_LETTER)) return count;
  }
  return 1;
}
