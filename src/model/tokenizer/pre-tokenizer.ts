import { bytesAsText } from "./byte-alphabet";
import {
  checkGrowth,
  type FindMatches,
  findMatches,
  GPT2_PATTERN,
  matchesOf,
  textMatches,
  wellKnownMatches,
} from "./find-matches";
import type { JsonObject } from "./json-object";
import { MOST_PARTS } from "./normalizer";
import { PUNCTUATION } from "./python-characters";

/** A part of a text that is made into tokens by itself. */
export interface Piece {
  readonly text: string;
  /** Whether the whole text begins with it. */
  readonly isFirst: boolean;
}

/** What is done to each piece: it is cut, and its characters can be replaced. */
export type PreTokenize = (piece: Piece) => Piece[];

/** What becomes of the matches of a pattern that a text is cut by. */
const BEHAVIORS = [
  "Removed",
  "Isolated",
  "Contiguous",
  "MergedWithPrevious",
  "MergedWithNext",
] as const;
type Behavior = (typeof BEHAVIORS)[number];

const KINDS = [
  "Sequence",
  "ByteLevel",
  "Split",
  "Digits",
  "Metaspace",
  "Whitespace",
  "WhitespaceSplit",
  "CharDelimiterSplit",
  "Punctuation",
  "BertPreTokenizer",
] as const;

const WHITE_SPACE = matchesOf(/\p{White_Space}/gu);

/**
 * @param preTokenizer tokenizer.json's; undefined if it has none.
 * @throws ModelConfigError if it is of a kind that is not run, or not what it should be.
 */
export function preTokenizerOf(preTokenizer: JsonObject | undefined): PreTokenize {
  return inOrder(preTokenizer === undefined ? [] : stepsOf(preTokenizer));
}

/** Steps, each done to all pieces that the one before it left. */
export function inOrder(steps: readonly PreTokenize[]): PreTokenize {
  return (whole) =>
    steps.reduce(
      (pieces, step) => {
        const next = pieces.flatMap(step).filter(({ text }) => text !== "");
        checkGrowth(
          whole.text.length,
          next.reduce((sum, { text }) => sum + text.length, 0),
        );
        return next;
      },
      [whole],
    );
}

function stepsOf(preTokenizer: JsonObject): PreTokenize[] {
  const kind = preTokenizer.choice("type", KINDS);
  switch (kind) {
    case "Sequence":
      return preTokenizer.objects("pretokenizers", MOST_PARTS).flatMap(stepsOf);
    case "ByteLevel":
      return byteLevel(preTokenizer.flag("add_prefix_space"), preTokenizer.flag("use_regex", true));
    case "Split": {
      const find = findMatches(preTokenizer.object("pattern"));
      return [cut(find, preTokenizer.choice("behavior", BEHAVIORS), preTokenizer.flag("invert"))];
    }
    case "Digits": {
      const behavior = preTokenizer.flag("individual_digits") ? "Isolated" : "Contiguous";
      return [cut(matchesOf(/\p{N}/gu), behavior)];
    }
    case "Metaspace":
      return metaspace(preTokenizer);
    case "Whitespace": {
      const words =
        /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;
      return [cut(matchesOf(words), "Removed", true)];
    }
    case "WhitespaceSplit":
      return [cut(WHITE_SPACE, "Removed")];
    case "CharDelimiterSplit":
      return [cut(textMatches(preTokenizer.character("delimiter")), "Removed")];
    case "Punctuation": {
      const isGiven = preTokenizer.value("behavior") !== undefined;
      const behavior = isGiven ? preTokenizer.choice("behavior", BEHAVIORS) : "Isolated";
      return [cut(matchesOf(PUNCTUATION), behavior)];
    }
    case "BertPreTokenizer":
      return [cut(WHITE_SPACE, "Removed"), cut(matchesOf(PUNCTUATION), "Isolated")];
  }
}

/** GPT-2's: cut by its pattern, then each byte of UTF-8 as its stand-in. */
export function byteLevel(addPrefixSpace: boolean, useRegex: boolean): PreTokenize[] {
  const withSpace: PreTokenize = ({ text, isFirst }) => [
    { text: text.startsWith(" ") ? text : ` ${text}`, isFirst },
  ];
  const asBytes: PreTokenize = ({ text, isFirst }) => [{ text: bytesAsText(text), isFirst }];
  return [
    ...(addPrefixSpace ? [withSpace] : []),
    ...(useRegex ? [cut(wellKnownMatches(GPT2_PATTERN), "Isolated")] : []),
    asBytes,
  ];
}

/** SentencePiece's: spaces are written as ▁, words begin with one. */
function metaspace(preTokenizer: JsonObject): PreTokenize[] {
  const space = preTokenizer.character("replacement");
  const scheme = prependScheme(preTokenizer);
  const marked: PreTokenize = ({ text, isFirst }) => {
    const replaced = text.replaceAll(" ", space);
    const isPrepended = scheme === "always" || (scheme === "first" && isFirst);
    return [
      { text: isPrepended && !replaced.startsWith(space) ? space + replaced : replaced, isFirst },
    ];
  };
  const words = preTokenizer.flag("split", true) ? [cut(textMatches(space), "MergedWithNext")] : [];
  return [marked, ...words];
}

/** Whether Metaspace puts its character before a text: always, before the first piece only, never. */
export function prependScheme(metaspace: JsonObject): "always" | "first" | "never" {
  const isGiven = metaspace.value("prepend_scheme") !== undefined;
  const scheme = isGiven
    ? metaspace.choice("prepend_scheme", ["always", "first", "never"] as const)
    : "always";
  if (metaspace.value("add_prefix_space") === false && scheme !== "never") {
    throw metaspace.notUsable("add_prefix_space", false, `prepend_scheme to be "never" then`);
  }
  return scheme;
}

/** Cuts by the matches of a pattern, or, inverted, by what is between them. */
function cut(find: FindMatches, behavior: Behavior, isInverted = false): PreTokenize {
  return ({ text, isFirst }) => {
    const parts: Part[] = [];
    let done = 0;
    for (const [start, end] of find(text)) {
      if (done < start) parts.push({ start: done, end: start, isMatch: isInverted });
      parts.push({ start, end, isMatch: !isInverted });
      done = end;
    }
    if (done < text.length) parts.push({ start: done, end: text.length, isMatch: isInverted });
    return merged(parts, behavior).map(({ start, end }) => ({
      text: text.slice(start, end),
      isFirst: isFirst && start === 0,
    }));
  };
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

function merged(parts: readonly Part[], behavior: Behavior): readonly Part[] {
  switch (behavior) {
    case "Isolated":
      return parts;
    case "Removed":
      return parts.filter(({ isMatch }) => !isMatch);
    case "MergedWithNext":
      return joined(parts.toReversed(), (part, previous) => part.isMatch && !previous).toReversed();
    case "MergedWithPrevious":
      return joined(parts, (part, previous) => part.isMatch && !previous);
    case "Contiguous":
      return joined(parts, (part, previous) => part.isMatch === previous);
  }
}

/** Joins a part to the one before it, if `joins` says so, which is told whether that one was a match. */
function joined(
  parts: readonly Part[],
  joins: (part: Part, previousIsMatch: boolean) => boolean,
): Part[] {
  const out: Part[] = [];
  let previous = false;
  for (const part of parts) {
    const last = out.at(-1);
    if (last && joins(part, previous)) {
      const ends = [last.start, last.end, part.start, part.end];
      out[out.length - 1] = { ...part, start: Math.min(...ends), end: Math.max(...ends) };
    } else out.push(part);
    previous = part.isMatch;
  }
  return out;
}
