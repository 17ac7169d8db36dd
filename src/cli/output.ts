/** Where a command's words go; the process's own streams, or a test's. */
export interface Output {
  /** Writes to stdout: results. Resolves when the reader has room for more. */
  print(text: string): Promise<void>;
  /** Writes one line to stderr: errors and remarks. */
  note(line: string): void;
}

/** Text from outside as one line that moves no terminal's cursor and turns no direction of writing. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\s]+/gu, " ").trim();
}

/** `3 tensors`, `1 tensor`. */
export function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
