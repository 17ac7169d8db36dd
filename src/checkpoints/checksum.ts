import { crc32 } from "node:zlib";
import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";

/** Read at once, so that the bytes are still in the processor's cache when they are summed. */
const PIECE_BYTES = 2 ** 20;

/** A part of a file, and what its bytes must sum up to. */
export interface SummedBytes {
  readonly start: number;
  readonly size: number;
  /** CRC-32 of the bytes; null if none was written. */
  readonly checksum: number | null;
}

/**
 * Reads a part of a file and compares its checksum.
 *
 * @throws CheckpointError if it is another.
 */
export function checkBytes(file: BinaryFile, part: SummedBytes, what: string): void {
  if (part.checksum === null) return;
  const piece = new Uint8Array(Math.min(part.size, PIECE_BYTES));
  let sum = 0;
  for (let done = 0; done < part.size; ) {
    const bytes = piece.subarray(0, Math.min(piece.length, part.size - done));
    file.readInto(bytes, part.start + done, what);
    sum = crc32(bytes, sum);
    done += bytes.length;
  }
  compare(file, part.checksum, sum, what);
}

/** Compares the checksum of bytes that were read. */
export function checkReadBytes(
  file: BinaryFile,
  { checksum }: SummedBytes,
  bytes: Uint8Array,
  what: string,
): void {
  if (checksum !== null) compare(file, checksum, crc32(bytes), what);
}

function compare(file: BinaryFile, expected: number, sum: number, what: string): void {
  if (sum === expected) return;
  throw new CheckpointError(`${what} is damaged: its bytes are not those that were written`, {
    file: file.path,
    found: `CRC-32 ${hex(sum)}`,
    expected: hex(expected),
    remedy: "Copy or download the file again.",
  });
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, "0");
}
