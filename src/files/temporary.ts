import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { onExit } from "signal-exit";
import { isInKernel } from "../progress/kernel-display";

/** Of another machine nobody here knows whether its process still writes. */
const FORGOTTEN_MS = 24 * 60 * 60 * 1000;

const HOST = hostname().replace(/\W/g, "");

const NAME = /^\.tslens-(\w*)-(\d+)-[0-9a-f]+\.tmp$/;

/** What this process is writing now. */
const own = new Set<string>();
let stopWaiting = () => {};

/** Folders that were looked through. */
const seen = new Set<string>();

/**
 * A free name in a folder, for a file or a folder that is not whole yet; the first of a process in a
 * folder removes what processes that were killed have left there. {@link discard} it in any case.
 */
export function temporaryName(folder: string): string {
  removeLeftOvers(folder);
  const random = randomBytes(6).toString("hex");
  const path = resolve(folder, `.tslens-${HOST}-${process.pid}-${random}.tmp`);
  // Should the process be ended before it is done.
  if (own.size === 0) stopWaiting = whenEnded(() => own.forEach(remove));
  own.add(path);
  return path;
}

/** Ends the use of a temporary name, and removes what still has it. */
export function discard(path: string): void {
  remove(path);
  own.delete(path);
  if (own.size === 0) stopWaiting();
}

/** What ends a kernel. */
const ENDING_A_KERNEL = ["SIGTERM", "SIGHUP"] as const;

/** Calls back when the process ends, by itself or by a signal, until the function that it returns is called. */
function whenEnded(free: () => void): () => void {
  // A kernel's stop button, SIGINT, does not end it; whoever listens for that in the synchronous part of a
  // cell takes it from Node's vm, and the cell does not stop.
  if (!isInKernel()) return onExit(free);
  const end = (signal: NodeJS.Signals) => {
    free();
    release();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const release = () => {
    process.off("exit", free);
    for (const signal of ENDING_A_KERNEL) process.off(signal, end);
  };
  process.on("exit", free);
  for (const signal of ENDING_A_KERNEL) process.on(signal, end);
  return release;
}

/** Removes what processes that were killed have left in a folder; once in a process. */
export function removeLeftOvers(folder: string): void {
  const place = resolve(folder);
  if (seen.has(place)) return;
  seen.add(place);
  try {
    for (const name of readdirSync(place)) {
      const path = join(place, name);
      if (isLeftOver(name, path)) remove(path);
    }
  } catch {
    // A folder that cannot be read is none to clean.
  }
}

function isLeftOver(name: string, path: string): boolean {
  const [, host, pid] = NAME.exec(name) ?? [];
  if (host === undefined) return false;
  const { mtimeMs } = lstatSync(path);
  if (host !== HOST) return Date.now() - mtimeMs > FORGOTTEN_MS;
  // In a container every process may have had our number; a thread of ours has it now.
  if (Number(pid) === process.pid) return mtimeMs < performance.timeOrigin;
  return !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It was never made, or its folder is no longer ours; the next process tries again.
  }
}
