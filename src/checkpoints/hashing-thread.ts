import { Worker } from "node:worker_threads";
import { sha256With } from "./file-sha256";

/** No file of its own, which would have to be compiled before it can run. */
const SCRIPT = `
  const { parentPort, workerData } = require("node:worker_threads");
  const sha256With = ${sha256With};
  for (const path of workerData) {
    parentPort.postMessage(sha256With(path, require("node:crypto"), require("node:fs")));
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
