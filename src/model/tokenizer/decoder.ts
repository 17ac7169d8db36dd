import { bytesOfToken } from "./byte-alphabet";
import { findMatches, replaceMatches } from "./find-matches";
import type { JsonObject } from "./json-object";
import { MOST_PARTS } from "./normalizer";
import { prependScheme } from "./pre-tokenizer";

/** The text of tokens. */
export type Decode = (tokens: readonly string[]) => string;

type Step = (tokens: readonly string[]) => readonly string[];

const KINDS = [
  "Sequence",
  "ByteLevel",
  "Replace",
  "ByteFallback",
  "Fuse",
  "Strip",
  "Metaspace",
  "WordPiece",
] as const;

/** Byte order marks are text. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * @param decoder tokenizer.json's; undefined if it has none: tokens are then joined by spaces.
 * @throws ModelConfigError if it is of a kind that is not run, or not what it should be.
 */
export function decoderOf(decoder: JsonObject | undefined): Decode {
  if (decoder === undefined) return (tokens) => tokens.join(" ");
  const steps = stepsOf(decoder);
  return (tokens) => steps.reduce((current, step) => step(current), tokens).join("");
}

function stepsOf(decoder: JsonObject): Step[] {
  const kind = decoder.choice("type", KINDS);
  switch (kind) {
    case "Sequence":
      return decoder.objects("decoders", MOST_PARTS).flatMap(stepsOf);
    case "ByteLevel":
      return [(tokens) => [byteLevelText(tokens)]];
    case "Replace": {
      const find = findMatches(decoder.object("pattern"));
      const content = decoder.text("content");
      return [(tokens) => tokens.map((token) => replaceMatches(token, find, content))];
    }
    case "ByteFallback":
      return [bytesJoined];
    case "Fuse":
      return [(tokens) => [tokens.join("")]];
    case "Strip": {
      const [content, start, stop] = [
        decoder.character("content"),
        decoder.count("start"),
        decoder.count("stop"),
      ];
      return [(tokens) => tokens.map((token) => stripped(token, content, start, stop))];
    }
    case "Metaspace": {
      const space = decoder.character("replacement");
      const first = prependScheme(decoder) === "never" ? " " : "";
      return [(tokens) => tokens.map((token, i) => token.replaceAll(space, i === 0 ? first : " "))];
    }
    case "WordPiece":
      return [words(decoder.text("prefix"), decoder.flag("cleanup"))];
  }
}

/** The text of tokens of GPT-2's kind, whose bytes can be parts of one character. */
export function byteLevelText(tokens: readonly string[]): string {
  return utf8.decode(Buffer.concat(tokens.map(bytesOfToken)));
}

/** Without the space before signs and short forms, in this order. */
const CLEANED = [
  " .",
  " ?",
  " !",
  " ,",
  " ' ",
  " n't",
  " 'm",
  " do not",
  " 's",
  " 've",
  " 're",
].map((text) => [text, text === " do not" ? " don't" : text.trim()] as const);

/** Pieces of words get the prefix away, and words a space before them. */
function words(prefix: string, isCleaned: boolean): Step {
  return (tokens) =>
    tokens.map((token, i) => {
      const isPiece = i > 0 && token.startsWith(prefix);
      const text = isPiece ? token.slice(prefix.length) : i > 0 ? ` ${token}` : token;
      return isCleaned ? CLEANED.reduce((out, [from, to]) => out.replaceAll(from, to), text) : text;
    });
}

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** Neighbouring tokens such as `<0x0A>` become the text of their bytes, or a � for each if they are none. */
function bytesJoined(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out.push(...textOfBytes(bytes));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = BYTE_TOKEN.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

function textOfBytes(bytes: readonly number[]): string[] {
  try {
    return [strictUtf8.decode(Uint8Array.from(bytes))];
  } catch {
    return bytes.map(() => "\ufffd");
  }
}

/** Without up to `start` of a character at its beginning and up to `stop` at its end. */
function stripped(token: string, content: string, start: number, stop: number): string {
  const characters = Array.from(token);
  let from = 0;
  while (from < start && characters[from] === content) from++;
  let to = characters.length;
  while (characters.length - to < stop && to > from && characters[to - 1] === content) to--;
  return characters.slice(from, to).join("");
}
