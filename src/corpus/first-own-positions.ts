/**
 * The first position of each text at which it is no longer the beginning of a text before it in
 * alphabetical order of the tokens: up to there both are the same measurement.
 *
 * @returns `[text]` a position; the text's length where all of it is shared
 * @example
 * firstOwnPositions([[5, 1, 2], [7], [5, 1], [5, 1, 2]]); // [2, 0, 0, 3]
 */
export function firstOwnPositions(texts: readonly (readonly number[])[]): Uint32Array {
  const order = [...texts.keys()].sort((a, b) => compared(texts[a], texts[b]) || a - b);
  const own = new Uint32Array(texts.length);
  order.forEach((text, i) => {
    // The longest beginning that is shared with any text before is shared with the one just before.
    own[text] = i === 0 ? 0 : sharedLength(texts[text], texts[order[i - 1]]);
  });
  return own;
}

function sharedLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function compared(a: readonly number[], b: readonly number[]): number {
  const at = sharedLength(a, b);
  return at < a.length && at < b.length ? a[at] - b[at] : a.length - b.length;
}
