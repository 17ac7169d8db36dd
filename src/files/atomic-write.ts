import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Node writes at most 2³¹ − 1 bytes in one call. */
const MOST_BYTES_PER_WRITE = 2 ** 30;

/** Codes by which file systems say that they have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Writes the next bytes of the file. */
export type WriteBytes = (bytes: Uint8Array) => void;

/** A file's content: a text, which is written as UTF-8; bytes; or what writes them, piece after piece. */
export type FileContent = string | Uint8Array | ((put: WriteBytes) => void | Promise<void>);

export interface AtomicWriteOptions {
  /**
   * With `false` a file that is there stays, also one that another process put there a moment ago:
   * the name is taken by a hard link, which never replaces. (On file systems without hard links such
   * a file could be replaced.)
   */
  readonly replace?: boolean;
}

/**
 * Writes a file so that a reader sees the old content or the whole new one, never a part, whatever
 * happens in between: into a temporary file beside it, which is forced to the disk and then takes the
 * name. If anything fails the temporary file is removed and the old file is as it was.
 *
 * (The package write-file-atomic 6 takes the whole content in memory, and ignores how much of it was
 * written: on a full disk it put a cut-off file in the old one's place without an error.)
 *
 * @param path the file, or a link to it; its folder must exist
 * @returns false if the file was there and `replace` is false, else true
 * @throws the file system's own error, with its `code`, or what `content` throws
 * @example
 * await atomicWrite("results/a.json", "{}\n");
 */
export async function atomicWrite(
  path: string,
  content: FileContent,
  { replace = true }: AtomicWriteOptions = {},
): Promise<boolean> {
  const target = resolveLink(path);
  const temporary = join(dirname(target), `.${randomBytes(8).toString("hex")}.tmp`);
  try {
    const descriptor = openSync(temporary, "wx");
    try {
      const put = (bytes: Uint8Array) => putAll(descriptor, bytes);
      if (typeof content === "function") await content(put);
      else put(typeof content === "string" ? Buffer.from(content) : content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (replace) renameSync(temporary, target);
    else if (!takeName(temporary, target)) return false;
  } finally {
    removeIfThere(temporary);
  }
  syncFolder(dirname(target));
  return true;
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function putAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(bytes.length - done, MOST_BYTES_PER_WRITE);
    done += writeSync(descriptor, bytes, done, length);
  }
}

/** Gives the file its name unless another file has it. */
function takeName(temporary: string, target: string): boolean {
  try {
    linkSync(temporary, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw error;
    renameSync(temporary, target);
  }
  return true;
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It was never made; why not is the error to report.
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
