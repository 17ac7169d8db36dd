/**
 * Breaks a text into lines between words; a longer word keeps a line for itself.
 *
 * @example
 * wrapWords("MLP output weights", 12); // ["MLP output", "weights"]
 */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
