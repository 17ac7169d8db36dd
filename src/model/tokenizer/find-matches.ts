import { InputError } from "../../errors";
import type { JsonObject } from "./json-object";
import { linearMatches } from "./linear-matches";

/** Start and end of each place where a pattern matches in a text; in order, none overlap. */
export type FindMatches = (text: string) => Iterable<readonly [start: number, end: number]>;

/** GPT-2's own (`ByteLevel` with `use_regex`). */
export const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/**
 * Patterns of well-known tokenizers, as they stand in tokenizer.json but for how many digits they take at once. All of
 * them look ahead, which no linear-time engine does, and none of them makes a backtracking one take more than linear
 * time.
 */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  GPT2_PATTERN,
  String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  // Llama 3, OLMo 2, Phi-4 (tiktoken's cl100k_base), Qwen 2 and 3.
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
  // Qwen 3.5.
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  // GPT-4o, gpt-oss, Llama 4 (tiktoken's o200k_base).
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  // Mistral's Tekken.
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  // DeepSeek V3.
  String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
]);

/** Line ends may stand there themselves (DeepSeek's). */
function isWellKnown(pattern: string): boolean {
  const escaped = pattern.replaceAll("\r", "\\r").replaceAll("\n", "\\n");
  return WELL_KNOWN.has(escaped.replace(/\|\\p\{N\}(?:\{1,\d\}|\+)\|/, "|\\p{N}|"));
}

/**
 * What Oniguruma, the engine of Python's tokenizers, takes the same characters of those patterns for, in JavaScript.
 * Without case ſ (U+017F) is an s; a letter or a sign between brackets can follow no quantifier that gives it back;
 * U+0295 was a small letter until Unicode 17.
 */
const IN_JAVASCRIPT: readonly (readonly [RegExp, string])[] = [
  [/\\s/g, "\\p{White_Space}"],
  [/\\S/g, "\\P{White_Space}"],
  [/\?\+/g, "?"],
  [/\+\+/g, "+"],
  [
    /\(\?i:'s\|'t\|'re\|'ve\|'m\|'ll\|'d\)/g,
    "(?:'[sSſ]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
  ],
  [/\(\?i:\[sdmt\]\|ll\|ve\|re\)/g, "(?:[sSſdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])"],
  [/\[\\p\{Lu\}\\p\{Lt\}\\p\{Lm\}\\p\{Lo\}\\p\{M\}\]/g, "(?:(?!\\u0295)$&)"],
  [/\\p\{Ll\}/g, "$&\\u0295"],
];

/** How to find the matches of one of the patterns above. */
export function wellKnownMatches(pattern: string): FindMatches {
  const source = IN_JAVASCRIPT.reduce((text, [from, to]) => text.replace(from, to), pattern);
  return matchesOf(new RegExp(source, "gu"));
}

/** How to find the matches of a regular expression of our own, which has the flags `gu`. */
export function matchesOf(expression: RegExp): FindMatches {
  return function* (text) {
    for (const match of text.matchAll(expression)) {
      yield [match.index, match.index + match[0].length];
    }
  };
}

/** How to find a text, which is not empty. */
export function textMatches(searched: string): FindMatches {
  return function* (text) {
    for (let at = text.indexOf(searched); at >= 0; at = text.indexOf(searched, at)) {
      yield [at, at + searched.length];
      at += searched.length;
    }
  };
}

/**
 * How to find a pattern of tokenizer.json: `{"String": …}` or `{"Regex": …}`.
 *
 * @throws ModelConfigError if it is neither, or a regular expression that is not run (it says which and why).
 */
export function findMatches(pattern: JsonObject): FindMatches {
  if (pattern.value("String") === undefined) {
    const source = pattern.text("Regex");
    return isWellKnown(source) ? wellKnownMatches(source) : linearMatches(source, pattern);
  }
  const text = pattern.text("String");
  if (text === "") throw pattern.notUsable("String", text, "a text that is not empty");
  return textMatches(text);
}

/** A text may grow so much in one step or many: Unicode's normal forms make 18 characters of one. */
const MOST_GROWTH = 20;
const ALLOWED_GROWTH = 1_000;

/** @throws InputError if a text of one length became one of another that no real tokenizer makes of it. */
export function checkGrowth(before: number, after: number): void {
  if (after <= MOST_GROWTH * before + ALLOWED_GROWTH) return;
  throw new InputError("this model's tokenizer makes the text too long", {
    found: `${before} characters, of which it made ${after} or more`,
    expected: `at most ${MOST_GROWTH} times as many`,
    remedy: "Give token ids.",
  });
}

/** The text with every match replaced. */
export function replaceMatches(text: string, find: FindMatches, replacement: string): string {
  let out = "";
  let done = 0;
  for (const [start, end] of find(text)) {
    out += text.slice(done, start) + replacement;
    done = end;
    checkGrowth(text.length, out.length);
  }
  return out + text.slice(done);
}
