import { inspect } from "node:util";

/** An error shows so much of a text or a list. */
const LONGEST_TEXT = 80;
const MOST_ITEMS = 8;

/** Any value as an error shows it: one short line. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= LONGEST_TEXT) return JSON.stringify(value);
  return inspect(value, {
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
