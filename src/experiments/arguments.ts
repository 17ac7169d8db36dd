import { quoted } from "../checkpoints/quoted";
import { InputError } from "../errors";

/**
 * Numbers as written on the command line, with commas or spaces between them.
 *
 * @param option for errors, such as `--factors`
 * @throws InputError if one is not a finite number or is missing, or there is none.
 */
export function parseNumbers(text: string, option: string): number[] {
  const parts = text.trim().split(/\s*,\s*|\s+/);
  const bad = parts.find((part) => part === "" || !Number.isFinite(Number(part)));
  if (bad === undefined) return parts.map(Number);
  throw new InputError(`${option} is not a list of numbers`, {
    found: bad === "" ? `a gap in ${quoted(text)}` : quoted(bad),
    expected: "numbers with commas between them, such as 0,0.5,1",
  });
}

/** @throws InputError if there is not one finite number. */
export function parseNumber(text: string, option: string): number {
  const [number, ...more] = parseNumbers(text, option);
  if (more.length === 0) return number!;
  throw new InputError(`${option} takes one number`, { found: quoted(text) });
}

/**
 * Token ids as written on the command line.
 *
 * @throws InputError if one is not a whole number; the model checks that they are in its vocabulary.
 */
export function parseTokens(text: string): number[] {
  const ids = text.trim() === "" ? [] : parseNumbers(text, "--tokens");
  const bad = ids.find((id) => !Number.isSafeInteger(id));
  if (bad !== undefined) {
    throw new InputError("--tokens holds something else than token ids", {
      found: String(bad),
      expected: "whole numbers with commas between them, such as 1,2,3",
    });
  }
  return ids;
}

/** @throws InputError if the text is not a whole number. */
export function parseSeed(text: string): number {
  const seed = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(seed)) return seed;
  throw new InputError("--seed is not a seed", {
    found: quoted(text),
    expected: "a whole number such as 0",
  });
}
