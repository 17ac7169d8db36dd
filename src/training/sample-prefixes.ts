import { InputError } from "../errors";
import { randomStream } from "../stats/random-stream";

export interface SamplePrefixesOptions {
  /** How many texts to make; fewer if there are fewer paragraphs that are long enough. */
  readonly count: number;
  /** Fewest words of a text. Default: 3. */
  readonly minWords?: number;
  /** Most words of a text. Default: 40. */
  readonly maxWords?: number;
  /** Default: 0. */
  readonly seed?: number;
}

/** A sentence begins after one of these and white space, with a capital letter or a quotation mark. */
const SENTENCE_START = /(?<=[.!?]["'”’]?)\s+(?=["'“‘]?\p{Lu})/u;

/**
 * Makes texts that end in all kinds of tokens: each is the beginning of one sentence or of several in
 * a row, cut after a random word. Whole sentences would nearly all end in a full stop, and a
 * last-token measurement on full stops says little.
 *
 * A paragraph gives one text at most, so texts do not overlap and a split by text is a fair one.
 *
 * @param paragraphs running text
 * @returns texts in random order, the same for the same seed
 * @throws InputError if no paragraph is long enough, or the limits are not whole numbers in order.
 * @example
 * samplePrefixes(["The king said to his daughter that she must go."], { count: 1 });
 */
export function samplePrefixes(
  paragraphs: readonly string[],
  { count, minWords = 3, maxWords = 40, seed = 0 }: SamplePrefixesOptions,
): string[] {
  const areOrdered = [1, minWords, maxWords].every(
    (limit, i, limits) => Number.isInteger(limit) && (i === 0 || limits[i - 1] <= limit),
  );
  if (!areOrdered || !Number.isInteger(count) || count < 1) {
    throw new InputError("these limits allow no text", {
      found: `count ${count}, minWords ${minWords}, maxWords ${maxWords}`,
      expected: "count from 1 and 1 ≤ minWords ≤ maxWords, whole numbers",
    });
  }
  const stream = randomStream(seed, "sample-prefixes");
  const texts: string[] = [];
  for (const paragraph of stream.shuffle(paragraphs)) {
    if (texts.length === count) break;
    const sentences = paragraph.replace(/\s+/g, " ").trim().split(SENTENCE_START);
    const first = stream.integer(0, sentences.length - 1);
    const words = sentences.slice(first).join(" ").split(" ");
    if (words.length < minWords) continue;
    const length = stream.integer(minWords, Math.min(maxWords, words.length));
    texts.push(words.slice(0, length).join(" "));
  }
  if (texts.length > 0) return texts;
  throw new InputError("no paragraph is long enough for a text", {
    found: `${paragraphs.length} paragraphs`,
    expected: `one of at least ${minWords} words`,
  });
}
