import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InputError } from "../errors";

/** What one text of a file is: a line, a paragraph (blank lines between them), or whichever fits the file. */
export type TextUnit = "line" | "paragraph" | "auto";

export interface ReadTextsOptions {
  /** Default: "auto", paragraphs if the file has a blank line between two texts, else lines. */
  readonly unit?: TextUnit;
}

const BLANK_LINE = /\n[^\S\n]*\n/;

/**
 * Reads texts from a file, UTF-8, plain or gzipped (`.gz`). Line breaks inside a paragraph become spaces.
 *
 * @returns the texts in the order of the file, without white space around them; none is empty
 * @throws InputError if the file cannot be read, is not UTF-8, or holds no text.
 * @example
 * const texts = await readTexts("texts.txt", { unit: "line" });
 */
export async function readTexts(
  file: string,
  { unit = "auto" }: ReadTextsOptions = {},
): Promise<string[]> {
  const text = (await decoded(file)).replace(/\r\n?/g, "\n").trim();
  const byParagraph = unit === "paragraph" || (unit === "auto" && BLANK_LINE.test(text));
  const texts = (byParagraph ? text.split(/\n\s*\n/) : text.split("\n"))
    .map((part) => part.replace(/\s*\n\s*/g, " ").trim())
    .filter((part) => part !== "");
  if (texts.length > 0) return texts;
  throw new InputError("the file holds no text", {
    file,
    expected: "texts, one per line or with blank lines between them",
  });
}

async function decoded(file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    const plain = file.endsWith(".gz") ? await promisify(gunzip)(bytes) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw new InputError("the texts cannot be read", {
      file,
      found: (cause as NodeJS.ErrnoException).code ?? (cause as Error).message,
      expected: file.endsWith(".gz") ? "gzipped UTF-8 text" : "UTF-8 text",
      cause,
    });
  }
}
