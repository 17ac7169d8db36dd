import { Worker } from "node:worker_threads";

/** How often the process's memory is looked at. */
const EVERY_MS = 1;

/** Runs in its own thread, since what is measured keeps the main one busy. */
const SAMPLER = `
  const { workerData: shared } = require("node:worker_threads");
  const [stop, peak] = [new Int32Array(shared, 0, 1), new Float64Array(shared, 8, 1)];
  for (;;) {
    peak[0] = Math.max(peak[0], process.memoryUsage.rss());
    if (Atomics.wait(stop, 0, 0, ${EVERY_MS}) !== "timed-out") break;
  }
`;

/** The most bytes of memory that the process has while `run` runs. */
export async function memoryPeak(run: () => unknown): Promise<number> {
  const shared = new SharedArrayBuffer(16);
  const worker = new Worker(SAMPLER, { eval: true, workerData: shared });
  await new Promise((resolve) => worker.once("online", resolve));
  await run();
  const stop = new Int32Array(shared, 0, 1);
  Atomics.store(stop, 0, 1);
  Atomics.notify(stop, 0);
  await new Promise((resolve) => worker.once("exit", resolve));
  return Math.max(new Float64Array(shared, 8, 1)[0], process.memoryUsage.rss());
}

/** Bytes of memory that the process has after what is no longer used was freed. */
export async function settledMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage.rss();
}
