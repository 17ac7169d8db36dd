/**
 * Byte-pair encoding as GPT-2's (Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019):
 * text is cut by GPT-2's pattern, bytes are written as printable characters, and the most
 * frequent neighbours are merged until the vocabulary is full.
 */

import { BYTE_ALPHABET } from "../../src/model/tokenizer/byte-alphabet";

/** GPT-2's pre-tokenisation pattern. */
const GPT2_PATTERN = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

export const END_OF_TEXT = "<|endoftext|>";

/** Token → id in GPT-2's order: printable bytes, other bytes, merges, end of text. */
export interface BytePairVocabulary {
  readonly vocab: Record<string, number>;
  readonly merges: readonly string[];
}

interface Word {
  symbols: string[];
  readonly count: number;
}

/**
 * Learns merges from `text` until the vocabulary has `size` tokens, the last being END_OF_TEXT.
 * Ties are broken by the pair's own text, so the same text always gives the same vocabulary.
 */
export function trainBytePairs(text: string, size: number): BytePairVocabulary {
  const alphabet = BYTE_ALPHABET;
  const words = countWords(text, alphabet);
  const pairs = new PairCounts(words);
  const printableFirst = [...alphabet].sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!);
  const tokens = [...printableFirst];
  const merges: string[] = [];
  while (tokens.length < size - 1) {
    const pair = pairs.mostFrequent();
    if (!pair) break;
    merges.push(pair);
    tokens.push(pair.replace(" ", ""));
    pairs.merge(pair);
  }
  tokens.push(END_OF_TEXT);
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges };
}

function countWords(text: string, alphabet: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const [piece] of text.matchAll(GPT2_PATTERN)) {
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return [...counts].map(([piece, count]) => ({
    symbols: [...Buffer.from(piece, "utf8")].map((byte) => alphabet[byte]),
    count,
  }));
}

/** How often each pair of neighbours occurs, kept up to date while pairs are merged. */
class PairCounts {
  private readonly counts = new Map<string, number>();
  private readonly wordsWith = new Map<string, Set<Word>>();

  constructor(words: readonly Word[]) {
    for (const word of words) this.add(word, 1);
  }

  mostFrequent(): string | undefined {
    let best: string | undefined;
    let bestCount = 1;
    for (const [pair, count] of this.counts) {
      if (count > bestCount || (count === bestCount && best !== undefined && pair < best)) {
        best = pair;
        bestCount = count;
      }
    }
    return best;
  }

  merge(pair: string): void {
    const [left, right] = pair.split(" ");
    for (const word of [...(this.wordsWith.get(pair) ?? [])]) {
      this.add(word, -1);
      word.symbols = mergeNeighbours(word.symbols, left, right);
      this.add(word, 1);
    }
  }

  private add(word: Word, sign: 1 | -1): void {
    for (let i = 0; i + 1 < word.symbols.length; i++) {
      const pair = `${word.symbols[i]} ${word.symbols[i + 1]}`;
      const count = (this.counts.get(pair) ?? 0) + sign * word.count;
      if (count > 0) this.counts.set(pair, count);
      else this.counts.delete(pair);
      const holders = this.wordsWith.get(pair) ?? new Set();
      if (sign > 0) holders.add(word);
      else holders.delete(word);
      this.wordsWith.set(pair, holders);
    }
  }
}

function mergeNeighbours(symbols: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else {
      merged.push(symbols[i]);
    }
  }
  return merged;
}

/** A Hugging Face `tokenizer.json` for these pairs, the same pipeline as GPT-2's. */
export function tokenizerJson({ vocab, merges }: BytePairVocabulary): object {
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      {
        id: vocab[END_OF_TEXT],
        content: END_OF_TEXT,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    ],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges,
    },
  };
}

/** The `tokenizer_config.json` beside it. */
export function tokenizerConfig(contextLength: number): object {
  return {
    tokenizer_class: "GPT2Tokenizer",
    model_max_length: contextLength,
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    unk_token: END_OF_TEXT,
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
  };
}
