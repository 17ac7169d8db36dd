/** An error shows so much of a text or a list. */
const LONGEST_TEXT = 80;
const MOST_ITEMS = 8;
const MOST_KEYS = 20;
const LONGEST = 300;

/** What stands deeper is not shown. */
const DEPTH = 1;

/** Any value as an error shows it: one short line. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= LONGEST_TEXT) return JSON.stringify(value);
  if (isLarge(value, DEPTH)) return Array.isArray(value) ? "a list" : "an object";
  // A browser has no such module.
  const util = globalThis.process?.getBuiltinModule?.("node:util");
  if (!util) return String(value).slice(0, LONGEST_TEXT);
  const text = util.inspect(value, {
    breakLength: Number.POSITIVE_INFINITY,
    compact: true,
    customInspect: false,
    depth: DEPTH,
    maxArrayLength: MOST_ITEMS,
    maxStringLength: LONGEST_TEXT,
  });
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replace(/\s+/g, " ").replace(/\[ (.*?) \]/g, "[$1]");
}

/** Whether there are more keys in it, or longer ones, than can be shown. */
function isLarge(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  if (Array.isArray(value)) {
    return depth > 0 && value.slice(0, MOST_ITEMS).some((item) => isLarge(item, depth - 1));
  }
  const entries = Object.entries(value);
  return (
    entries.length > MOST_KEYS ||
    entries.some(([key, of]) => key.length > LONGEST_TEXT || (depth > 0 && isLarge(of, depth - 1)))
  );
}
