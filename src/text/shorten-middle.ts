const ELLIPSIS = "…";
/** No character that a reader sees as one has more code units than this, but for those made to. */
const LONGEST_CHARACTER = 20;

/**
 * Shortens a text in the middle, so that prompts which begin alike still end differently.
 * Counts what a reader sees as characters, so emoji and accents are never cut in half.
 *
 * @param text - any text
 * @param limit - the most characters to keep, the ellipsis included; at least 3
 * @returns the text itself when it is short enough
 * @example
 * shortenMiddle("The quick brown fox", 11); // "The q…n fox"
 */
export function shortenMiddle(text: string, limit: number): string {
  const enough = limit * LONGEST_CHARACTER;
  // What lies between is dropped anyway, and may be megabytes.
  const ends = text.length > 2 * enough ? text.slice(0, enough) + text.slice(-enough) : text;
  const characters = Array.from(new Intl.Segmenter("en").segment(ends), ({ segment }) => segment);
  if (characters.length <= limit) return ends;
  const kept = Math.max(limit, 3) - 1;
  const head = characters.slice(0, Math.ceil(kept / 2)).join("");
  const tail = characters.slice(characters.length - Math.floor(kept / 2)).join("");
  return head.trimEnd() + ELLIPSIS + tail.trimStart();
}
