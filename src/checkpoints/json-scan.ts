const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPENING = [0x7b, 0x5b]; // { [
const CLOSING = [0x7d, 0x5d]; // } ]

/** What `JSON.parse` does not say about a text. */
export interface JsonScan {
  /** How deep objects and lists are nested. `JSON.parse` takes 70 times the text's memory for nothing but `[`. */
  readonly depth: number;
  /** How many objects and lists there are. Empty ones take 20 times the text's memory. */
  readonly containers: number;
  /** The first key that the outermost object has twice. `JSON.parse` silently keeps the last one. */
  readonly duplicateKey: string | undefined;
}

/** Looks through a JSON text without parsing it; it need not be valid. */
export function scanJson(text: string): JsonScan {
  const keys = new Set<string>();
  let duplicateKey: string | undefined;
  let depth = 0;
  let deepest = 0;
  let containers = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (OPENING.includes(code)) {
      containers++;
      deepest = Math.max(deepest, ++depth);
    } else if (CLOSING.includes(code)) depth--;
    else if (code === QUOTE) {
      const end = endOfString(text, i);
      if (depth === 1 && nextCode(text, end) === COLON) {
        const key = unescaped(text.slice(i, end));
        if (keys.has(key)) duplicateKey ??= key;
        keys.add(key);
      }
      i = end - 1;
    }
  }
  return { depth: deepest, containers, duplicateKey };
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
