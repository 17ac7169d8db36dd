import { writeFileSync } from "node:fs";

const MEGABYTE = 1_000_000;

/** What a reading cost, and how it ended. */
export interface Reading {
  /** Of the clock, or of the processor if that is less: other processes' work is not counted. */
  readonly milliseconds: number;
  /** The most bytes of memory above what the process had before. */
  readonly memory: number;
  readonly error: unknown;
}

/** Runs a reading alone in its process. */
export async function measured(read: () => unknown): Promise<Reading> {
  forgetPeakMemory();
  const before = process.memoryUsage.rss();
  const start = performance.now();
  const startOfWork = process.cpuUsage();
  let error: unknown;
  try {
    await read();
  } catch (thrown) {
    error = thrown;
  }
  const { user, system } = process.cpuUsage(startOfWork);
  const milliseconds = Math.min(performance.now() - start, (user + system) / 1000);
  const memory = Math.max(0, process.resourceUsage().maxRSS * 1024 - before);
  return { milliseconds, memory, error };
}

/** Whatever is in a file of so many bytes: 5 s and 1 s a megabyte. */
export function mostMilliseconds(size: number): number {
  return 5_000 + (1_000 * size) / MEGABYTE;
}

/** Whatever is in a file of so many bytes: ten times its size and 300 MB. */
export function mostMemory(size: number): number {
  return 10 * size + 300 * MEGABYTE;
}

/** Linux forgets a process's peak memory on request; elsewhere the peak is that of all readings so far. */
function forgetPeakMemory(): void {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux.
  }
}
