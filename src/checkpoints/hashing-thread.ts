import type * as crypto from "node:crypto";
import type * as fs from "node:fs";
import { Worker } from "node:worker_threads";

/** A thread gets this as text, rather than a file that has to be compiled first: it uses nothing outside of it. */
function sha256(
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

const SCRIPT = `
  const { parentPort, workerData } = require("node:worker_threads");
  const sha256 = ${sha256};
  for (const path of workerData) {
    parentPort.postMessage(sha256(path, require("node:crypto"), require("node:fs")));
  }`;

/** Hashes files in a thread of its own, which the process does not wait for unless it is asked to. */
export class HashingThread {
  private readonly worker: Worker;
  private readonly hashes: Promise<readonly string[]>;

  constructor(paths: readonly string[]) {
    this.worker = new Worker(SCRIPT, { eval: true, workerData: paths });
    this.worker.unref();
    const hashes: string[] = [];
    this.hashes = new Promise((done, failed) => {
      this.worker.on("message", (hash: string) => {
        hashes.push(hash);
        if (hashes.length === paths.length) done(hashes);
      });
      this.worker.on("error", failed);
    });
    // Who wants them hears of it.
    this.hashes.catch(() => {});
  }

  /**
   * SHA-256 of each file, in hexadecimal.
   *
   * @throws what opening or reading one threw
   */
  async sha256(): Promise<readonly string[]> {
    this.worker.ref();
    return this.hashes;
  }
}
