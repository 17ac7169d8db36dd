const ELLIPSIS = "…";

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
  const characters = Array.from(new Intl.Segmenter("en").segment(text), ({ segment }) => segment);
  if (characters.length <= limit) return text;
  const kept = Math.max(limit, 3) - 1;
  const head = characters.slice(0, Math.ceil(kept / 2)).join("");
  const tail = characters.slice(characters.length - Math.floor(kept / 2)).join("");
  return head.trimEnd() + ELLIPSIS + tail.trimStart();
}
