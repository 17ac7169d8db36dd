/** Names in files can be of any length; an error shows this much of one. */
const LONGEST_SHOWN = 80;

/** A list in an error names this many. */
const MOST_SHOWN = 8;

/** Control characters that JSON does not escape, and those that turn the direction of writing. */
const CONTROLS = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text from a file, made safe to show in a one-line message: quoted, control characters escaped, cut if long. */
export function quoted(text: string): string {
  return JSON.stringify(
    text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text,
  ).replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The first few names of a list, quoted, and how many more there are. */
export function quotedList(names: readonly string[]): string {
  return shownList(names, quoted);
}

/** The first few values of a list, as `show` shows each, and how many more there are. */
export function shownList<Value>(values: readonly Value[], show: (value: Value) => string): string {
  if (values.length === 0) return "none";
  const shown = values.slice(0, MOST_SHOWN).map(show).join(", ");
  return values.length > MOST_SHOWN ? `${shown} and ${values.length - MOST_SHOWN} more` : shown;
}
