import { seededKey } from "./text-map";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPENING = [0x7b, 0x5b]; // { [
const CLOSING = [0x7d, 0x5d]; // } ]

/** What V8 takes for an object or list, a key and another value, in bytes. */
const CONTAINER_BYTES = 90;
const KEY_BYTES = 130;
const VALUE_BYTES = 40;

/** A tokenizer's vocabulary and merges take 4 bytes a character. */
const MEMORY_PER_CHARACTER = 6;
const SPARE_MEMORY = 150_000_000;

/** What `JSON.parse` does not say about a text. */
export interface JsonScan {
  /** How deep objects and lists are nested. `JSON.parse` takes 70 times the text's memory for nothing but `[`. */
  readonly depth: number;
  /** How many objects and lists there are. Empty ones take 20 times the text's memory. */
  readonly containers: number;
  /** About how many bytes of memory the parsed text takes. */
  readonly memory: number;
  /** How many bytes a text of this length may take. */
  readonly mostMemory: number;
}

/** Looks through a JSON text without parsing it; it need not be valid. */
export function scanJson(text: string): JsonScan {
  let depth = 0;
  let deepest = 0;
  let containers = 0;
  let keys = 0;
  let values = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfString(text, i) - 1;
    else if (code === COLON) keys++;
    else if (code === COMMA) values++;
    else if (OPENING.includes(code)) {
      containers++;
      deepest = Math.max(deepest, ++depth);
    } else if (CLOSING.includes(code)) depth--;
  }
  return {
    depth: deepest,
    containers,
    memory: containers * CONTAINER_BYTES + keys * KEY_BYTES + values * VALUE_BYTES,
    mostMemory: SPARE_MEMORY + MEMORY_PER_CHARACTER * text.length,
  };
}

/** The first key that the outermost object has twice. `JSON.parse` silently keeps the last one. */
export function duplicateKey(text: string): string | undefined {
  const keys = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (OPENING.includes(code)) depth++;
    else if (CLOSING.includes(code)) depth--;
    else if (code === QUOTE) {
      const end = endOfString(text, i);
      if (depth === 1 && nextCode(text, end) === COLON) {
        const key = unescaped(text.slice(i, end));
        if (keys.has(seededKey(key))) return key;
        keys.add(seededKey(key));
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** The position after the closing quote of the string that opens at `start`, or the text's end. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text.charCodeAt(i) !== QUOTE) {
    i += text.charCodeAt(i) === BACKSLASH ? 2 : 1;
  }
  return i + 1;
}

/** The next character that is not white space. */
function nextCode(text: string, start: number): number {
  let i = start;
  while (text.charCodeAt(i) <= 0x20) i++;
  return text.charCodeAt(i);
}

/** `"\u0061"` and `"a"` are the same key. */
function unescaped(json: string): string {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
