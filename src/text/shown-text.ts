import { cutText } from "./cut-text";

/** A name on the page has room for so many characters; a sentence may have more. */
const LONGEST_NAME = 200;
export const LONGEST_SENTENCE = 1_000;

/**
 * What a file holds where a text is expected, as a reader sees it: a text as it is, anything else as
 * JSON; cut, since it may be of any length. Not yet safe inside HTML.
 */
export function shownText(value: unknown, limit = LONGEST_NAME): string {
  return cutText(typeof value === "string" ? value : String(JSON.stringify(value)), limit);
}
