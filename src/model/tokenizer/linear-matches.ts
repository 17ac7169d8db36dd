import type { RE2JS } from "re2js";
import { InputError } from "../../errors";
import type { JsonObject } from "./json-object";

/** A program of the engine has so many steps: each character of a text may cost as many. */
const LONGEST_PROGRAM = 1_000;

/** Longer patterns are not looked at. */
const LONGEST_PATTERN = 10_000;

/** Each match is found in linear time, all of them in quadratic time at worst. */
const SECONDS = 5;
const SECONDS_PER_MEGABYTE = 5;

/** Properties that both engines know, by these names: general categories and scripts. */
const CATEGORY =
  /^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|Letter|Mark|Number|Alphabetic|White_Space)$/;
const SCRIPT =
  /^(?:Arabic|Armenian|Bengali|Cyrillic|Devanagari|Ethiopic|Georgian|Greek|Gujarati|Gurmukhi|Han|Hangul|Hebrew|Hiragana|Kannada|Katakana|Khmer|Lao|Latin|Malayalam|Mongolian|Myanmar|Oriya|Sinhala|Tamil|Telugu|Thai|Thaana|Tibetan)$/;
const LONG_NAMES: Record<string, string> = { Letter: "L", Mark: "M", Number: "N" };

/** Oniguruma's shorthands as characters between brackets. */
const SHORTHANDS: Record<string, string> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  h: "0-9A-Fa-f",
  w: "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}",
};

/** Outside of brackets `\w` has these as well. */
const MORE_WORD_CHARACTERS = "\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}";

/** A pattern can be refused for what it has, named in the reader's words. */
class Refusal extends Error {}

/**
 * How to find a regular expression that stands in a tokenizer's file, by an engine whose time is linear in the text
 * (RE2's, which takes the same first match as a backtracking one). Oniguruma, which Python's tokenizers use, has other
 * shorthands, so the pattern is written anew; what has no exact counterpart is refused.
 *
 * @throws ModelConfigError naming the pattern and what is not run.
 */
export function linearMatches(
  source: string,
  pattern: JsonObject,
): (text: string) => Iterable<readonly [number, number]> {
  let expression: RE2JS;
  try {
    expression = compile(source);
  } catch (error) {
    const reason = error instanceof Refusal ? error.message : "what its engine does not know";
    throw pattern.notUsable(
      "Regex",
      source,
      `a pattern that is run in linear time: this one has ${reason}`,
    );
  }
  return function* (text) {
    const start = performance.now();
    const end = start + (SECONDS + (SECONDS_PER_MEGABYTE * text.length) / 1e6) * 1_000;
    const matcher = expression.matcher(text);
    while (matcher.find()) {
      yield [matcher.start(), matcher.end()];
      if (performance.now() > end) {
        throw new InputError("the tokenizer's pattern takes too long on this text", {
          file: pattern.file,
          found: `${text.length} characters, not done after ${Math.round((end - start) / 1_000)} s`,
          remedy: "Give token ids, or a shorter text.",
        });
      }
    }
  };
}

function compile(source: string): RE2JS {
  if (source.length > LONGEST_PATTERN) throw new Refusal(`${source.length} characters`);
  const { RE2JS } = require("re2js") as typeof import("re2js");
  const expression = RE2JS.compile(new Translation(source).result());
  if (expression.programSize() > LONGEST_PROGRAM) {
    throw new Refusal("too many repetitions or alternatives");
  }
  return expression;
}

/** A pattern of Oniguruma in RE2's syntax. */
class Translation {
  private at = 0;

  constructor(private readonly source: string) {}

  result(): string {
    let out = "";
    // Whether a quantifier can follow.
    let isAtom = false;
    while (this.at < this.source.length) {
      const group = this.take(/\(\?:|\((?!\?)|\(/y);
      if (group === "(" && this.source[this.at] === "?") {
        throw new Refusal(`the group ${this.source.slice(this.at - 1, this.at + 3)}`);
      }
      if (group !== undefined || this.source[this.at] === "|") {
        out += group === undefined ? this.take(/\|/y) : "(?:";
        isAtom = false;
        continue;
      }
      if (this.take(/\[/y)) {
        out += this.brackets();
        isAtom = true;
        continue;
      }
      const quantifier = this.take(/[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\}/y);
      if (quantifier !== undefined) {
        out += this.quantified(quantifier, isAtom);
        isAtom = false;
        continue;
      }
      out += this.atom();
      isAtom = true;
    }
    return out;
  }

  private quantified(quantifier: string, isAtom: boolean): string {
    if (!isAtom)
      throw new Refusal("a quantifier of nothing, of a quantifier, or that gives nothing back");
    const isCount = quantifier.startsWith("{");
    const lazy = this.take(/\?/y) ?? "";
    if (lazy && isCount && !quantifier.includes(",")) {
      throw new Refusal(`the quantifier ${quantifier}?`);
    }
    return quantifier.replace("{,", "{0,") + lazy;
  }

  private atom(): string {
    const set = this.set();
    if (set !== undefined) return set.startsWith("[") ? set : `[${set}]`;
    const sign = this.take(/[.)^$]/y);
    if (sign === "^" || sign === "$") throw new Refusal(`the anchor ${sign}`);
    return sign ?? this.character();
  }

  /** A shorthand or a property, as it can stand between brackets; those that cannot come with their own. */
  private set(): string | undefined {
    const property = this.take(/\\[pP]\{\^?\w+\}/y);
    if (property !== undefined) return propertyOf(property);
    const shorthand = this.take(/\\[sSdDhHwW]/y)?.[1];
    if (shorthand === "w") return `[${SHORTHANDS.w}${MORE_WORD_CHARACTERS}]`;
    if (shorthand === "W") return `[^${SHORTHANDS.w}${MORE_WORD_CHARACTERS}]`;
    if (shorthand === "H") return `[^${SHORTHANDS.h}]`;
    return shorthand && SHORTHANDS[shorthand];
  }

  private brackets(): string {
    let out = this.take(/\^/y) ? "[^" : "[";
    // A first bracket is itself.
    if (this.take(/\]/y)) out += literal("]");
    while (!this.take(/\]/y)) out += this.member();
    return `${out}]`;
  }

  private member(): string {
    const isWord = this.take(/\\w/y) !== undefined;
    const set = isWord ? SHORTHANDS.w : this.set();
    if (set?.startsWith("[")) throw new Refusal("\\W or \\H between brackets");
    const first = set ?? this.character();
    if (!this.take(/-(?!\])/y)) return first;
    if (set !== undefined) throw new Refusal("a range of what is no character");
    return `${first}-${this.character()}`;
  }

  private character(): string {
    if (this.take(/\[|&&/y)) throw new Refusal("brackets in brackets");
    const character = this.take(/[^\\]/suy);
    if (character !== undefined) return literal(character);
    const control = this.take(/\\[tnrfva]/y);
    if (control !== undefined) return control;
    const code = this.take(/\\(?:x\{[0-9A-Fa-f]{1,6}\}|x[0-7][0-9A-Fa-f]|u[0-9A-Fa-f]{4})/y);
    if (code !== undefined) return `\\x{${code.replace(/[^0-9A-Fa-f]/g, "")}}`;
    const sign = this.take(/\\[^0-9A-Za-z]/suy);
    if (sign !== undefined) return literal(sign.slice(1));
    const rest = this.source.slice(this.at, this.at + 2);
    throw new Refusal(rest === "" ? "an end too early" : `the escape ${rest}`);
  }

  /** What matches here, if anything; `expression` is sticky. */
  private take(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.source)?.[0];
    this.at += match?.length ?? 0;
    return match;
  }
}

/** `\\p{^Lu}` → `\\P{Lu}`. */
function propertyOf(text: string): string {
  const [, kind, not, name] = /^\\([pP])\{(\^?)(\w+)\}$/.exec(text)!;
  if (!CATEGORY.test(name) && !SCRIPT.test(name)) throw new Refusal(`the property ${name}`);
  const isNegative = (kind === "P") !== (not === "^");
  return `\\${isNegative ? "P" : "p"}{${LONG_NAMES[name] ?? name}}`;
}

/** A character that stands for itself in RE2's syntax, between brackets and outside. */
function literal(character: string): string {
  return /[\p{L}\p{N} ]/u.test(character)
    ? character
    : `\\x{${character.codePointAt(0)!.toString(16)}}`;
}
