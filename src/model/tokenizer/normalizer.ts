import { checkGrowth, findMatches, replaceMatches } from "./find-matches";
import type { JsonObject } from "./json-object";
import { CHINESE_CHARACTERS, CONTROLS, MARKS, NONSPACING_MARKS } from "./python-characters";

/** What is done to a text before it is cut. */
export type Normalize = (text: string) => string;

/** A sequence has so many parts at most; real ones have three. */
export const MOST_PARTS = 100;

/**
 * Characters that Unicode got after version 9 and that its normal forms change or reorder. Python's tokenizers carry
 * the tables of version 9 and leave them as they are, whatever the version of JavaScript's.
 */
const NOT_NORMALIZED = [
  String.raw`\u07FD\u0897-\u089F\u08CA-\u08D3\u09FE\u0C3C\u0D3B-\u0D3C\u0EBA\u1715\u1ABF-\u1ADD`,
  String.raw`\u1AE0-\u1AEB\u1DF6-\u1DFA\u32FF\uA7F1-\uA7F4\uA82C\uAB69\u{105C9}\u{105D2}\u{105DA}`,
  String.raw`\u{105E4}\u{10781}-\u{10785}\u{10787}-\u{107B0}\u{107B2}-\u{107BA}\u{10D24}-\u{10D27}`,
  String.raw`\u{10D69}-\u{10D6D}\u{10EAB}-\u{10EAC}\u{10EFA}-\u{10EFB}\u{10EFD}-\u{10EFF}`,
  String.raw`\u{10F46}-\u{10F50}\u{10F82}-\u{10F85}\u{11070}\u{1133B}\u{11382}-\u{11385}\u{1138B}`,
  String.raw`\u{1138E}\u{11390}-\u{11391}\u{113C2}\u{113C5}\u{113C7}-\u{113C8}\u{113CE}-\u{113D0}`,
  String.raw`\u{1145E}\u{11839}-\u{1183A}\u{11935}\u{11938}\u{1193D}-\u{1193E}\u{11943}\u{119E0}\u{11A34}`,
  String.raw`\u{11A47}\u{11A99}\u{11D42}\u{11D44}-\u{11D45}\u{11D97}\u{11F41}-\u{11F42}\u{1611E}`,
  String.raw`\u{16121}-\u{16129}\u{1612F}\u{16D63}\u{16D67}-\u{16D6A}\u{16FF0}-\u{16FF1}`,
  String.raw`\u{1CCD6}-\u{1CCF9}\u{1E030}-\u{1E06D}\u{1E08F}\u{1E130}-\u{1E136}\u{1E2AE}`,
  String.raw`\u{1E2EC}-\u{1E2EF}\u{1E4EC}-\u{1E4EF}\u{1E5EE}-\u{1E5EF}\u{1E6E3}\u{1E6E6}`,
  String.raw`\u{1E6EE}-\u{1E6EF}\u{1E6F5}\u{1F16C}\u{1FBF0}-\u{1FBF9}`,
].join("");
const NORMALIZED = new RegExp(`[^${NOT_NORMALIZED}]+`, "gu");

/**
 * @param normalizer tokenizer.json's; undefined if it has none.
 * @throws ModelConfigError if it is of a kind that is not run, or not what it should be.
 */
export function normalizerOf(normalizer: JsonObject | undefined): Normalize {
  const steps = normalizer === undefined ? [] : stepsOf(normalizer);
  return (text) =>
    steps.reduce((current, step) => {
      const next = step(current);
      checkGrowth(text.length, next.length);
      return next;
    }, text);
}

const KINDS = [
  "Sequence",
  "NFC",
  "NFD",
  "NFKC",
  "NFKD",
  "Lowercase",
  "Strip",
  "Replace",
  "Prepend",
  "StripAccents",
  "BertNormalizer",
] as const;

function stepsOf(normalizer: JsonObject): Normalize[] {
  const kind = normalizer.choice("type", KINDS);
  switch (kind) {
    case "Sequence":
      return normalizer.objects("normalizers", MOST_PARTS).flatMap(stepsOf);
    case "Lowercase":
      return [lowercase];
    case "StripAccents":
      return [(text) => text.replace(MARKS, "")];
    case "BertNormalizer":
      return bertSteps(normalizer);
    case "Strip": {
      const ends = [
        normalizer.flag("strip_left") ? "^\\p{White_Space}+" : "",
        normalizer.flag("strip_right") ? "(?<!\\p{White_Space})\\p{White_Space}+$" : "",
      ].filter(Boolean);
      if (ends.length === 0) return [];
      const expression = new RegExp(ends.join("|"), "gu");
      return [(text) => text.replace(expression, "")];
    }
    case "Replace": {
      const find = findMatches(normalizer.object("pattern"));
      const content = normalizer.text("content");
      return [(text) => replaceMatches(text, find, content)];
    }
    case "Prepend": {
      const beginning = normalizer.text("prepend");
      return [(text) => (text === "" ? "" : beginning + text)];
    }
    default:
      return [(text) => normalForm(text, kind)];
  }
}

function bertSteps(bert: JsonObject): Normalize[] {
  const isLowercase = bert.flag("lowercase");
  return [
    bert.flag("clean_text") &&
      ((text: string) => text.replace(CONTROLS, "").replace(/\p{White_Space}/gu, " ")),
    bert.flag("handle_chinese_chars") &&
      ((text: string) => text.replace(CHINESE_CHARACTERS, " $& ")),
    bert.flag("strip_accents", isLowercase) &&
      ((text: string) => normalForm(text, "NFD").replace(NONSPACING_MARKS, "")),
    isLowercase && lowercase,
  ].filter((step) => step !== false);
}

/** Letter by letter: whether a sigma ends a word does not matter. */
function lowercase(text: string): string {
  return Array.from(text, (letter) => letter.toLowerCase()).join("");
}

function normalForm(text: string, form: "NFC" | "NFD" | "NFKC" | "NFKD"): string {
  return text.replace(NORMALIZED, (part) => part.normalize(form));
}
