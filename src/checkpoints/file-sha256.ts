import * as crypto from "node:crypto";
import * as fs from "node:fs";

/** SHA-256 of a file's bytes, in hexadecimal. */
export function fileSha256(path: string): string {
  return sha256With(path, crypto, fs);
}

/**
 * The same in another thread, which gets this function as text: it may use nothing that stands outside of it.
 */
export function sha256With(
  path: string,
  { createHash }: typeof crypto,
  { openSync, readSync, closeSync }: typeof fs,
): string {
  const hash = createHash("sha256");
  // Read into again and again: to get fresh memory for each piece of a large file takes as long as to hash it.
  const piece = new Uint8Array(2 ** 20);
  const descriptor = openSync(path, "r");
  try {
    for (;;) {
      const length = readSync(descriptor, piece, 0, piece.length, null);
      if (length === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
}
