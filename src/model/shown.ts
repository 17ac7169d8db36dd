/** An error shows so much of a text or a list. */
const LONGEST_TEXT = 80;
const MOST_ITEMS = 8;

/** Any value as an error shows it: one short line. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= LONGEST_TEXT) return JSON.stringify(value);
  // A browser has no such module.
  const util = globalThis.process?.getBuiltinModule?.("node:util");
  if (!util) return String(value).slice(0, LONGEST_TEXT);
  return util
    .inspect(value, {
      breakLength: Number.POSITIVE_INFINITY,
      compact: true,
      customInspect: false,
      depth: 1,
      maxArrayLength: MOST_ITEMS,
      maxStringLength: LONGEST_TEXT,
    })
    .replace(/\s+/g, " ")
    .replace(/\[ (.*?) \]/g, "[$1]");
}
