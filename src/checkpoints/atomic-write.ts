import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CheckpointError } from "../errors";

/** Node writes at most 2³¹ − 1 bytes in one call. */
const MOST_BYTES_PER_WRITE = 2 ** 30;

/** Writes the next bytes of the file. */
export type WriteBytes = (bytes: Uint8Array) => void;

/**
 * Writes a file so that at `path` there is the old file or the whole new one, never a part of it, whatever happens
 * in between: into a temporary file beside it, which is forced to the disk and then takes the name.
 *
 * (The packages that do this take the whole content in memory; here it comes in pieces.)
 *
 * @param path - The file; if it is a link, what it points to.
 * @param write - Writes the content, piece after piece.
 * @throws CheckpointError if the file cannot be written. The temporary file is removed.
 */
export async function atomicWrite(
  path: string,
  write: (put: WriteBytes) => void | Promise<void>,
): Promise<void> {
  const target = resolveLink(path);
  const temporary = join(dirname(target), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const descriptor = openSync(temporary, "wx");
    try {
      await write((bytes) => putAll(descriptor, bytes));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, target);
  } catch (cause) {
    removeIfThere(temporary);
    if (cause instanceof CheckpointError) throw cause;
    throw new CheckpointError("the file cannot be written", {
      file: path,
      found: (cause as NodeJS.ErrnoException).code ?? String(cause),
      remedy: "Check that its folder exists, may be written to and has room.",
      cause,
    });
  }
  syncFolder(dirname(target));
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It was never made; why not is the error to report.
  }
}

function putAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, MOST_BYTES_PER_WRITE);
    done += writeSync(descriptor, bytes, done, length);
  }
}

/** Makes the new name itself last. Not every system can; the file is whole all the same. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Windows and some network file systems.
  }
}
