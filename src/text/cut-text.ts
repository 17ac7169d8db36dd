/**
 * A text's first `limit` characters (UTF-16 units), an ellipsis in place of the rest. What may be of
 * any length is cut before it is taken apart.
 */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Not through the middle of an emoji.
  return `${text.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
