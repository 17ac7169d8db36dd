import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InputError } from "../errors";

/** What one text of a file is: a line, a paragraph (blank lines between them), or whichever fits the file. */
export type TextUnit = "line" | "paragraph" | "auto";

export interface ReadTextsOptions {
  /** Default: "auto", paragraphs if the file has a blank line between two texts, else lines. */
  readonly unit?: TextUnit;
}

/** Texts are packed to a third or a fourth; a megabyte of gzip can hold a gigabyte. */
const UNPACKED_PER_BYTE = 5;
const SPARE_UNPACKED = 64_000_000;

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
    .map((part) => oneLine(part))
    .filter((part) => part !== "");
  if (texts.length > 0) return texts;
  throw new InputError("the file holds no text", {
    file,
    expected: "texts, one per line or with blank lines between them",
  });
}

/** A paragraph's lines as one. (A pattern such as \s*\n\s* takes the square of a run of spaces.) */
function oneLine(paragraph: string): string {
  return paragraph
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim();
}

function unpacked(bytes: Buffer): Promise<Buffer> {
  const maxOutputLength = UNPACKED_PER_BYTE * bytes.length + SPARE_UNPACKED;
  return promisify(gunzip)(bytes, { maxOutputLength });
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "ERR_BUFFER_TOO_LARGE" ? "a file that unpacks to too much" : (code ?? message);
}

async function decoded(file: string): Promise<string> {
  try {
    // A named pipe would wait for its writer, a device has no end.
    if (!(await stat(file)).isFile()) throw new Error("no regular file");
    const bytes = await readFile(file);
    const plain = file.endsWith(".gz") ? await unpacked(bytes) : bytes;
    return new TextDecoder("utf-8", { fatal: true }).decode(plain);
  } catch (cause) {
    throw new InputError("the texts cannot be read", {
      file,
      found: reason(cause),
      expected: file.endsWith(".gz") ? "gzipped UTF-8 text" : "UTF-8 text",
      cause,
    });
  }
}
