import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { discard, temporaryName } from "./temporary";

/** Node writes at most 2³¹ − 1 bytes in one call. */
const MOST_BYTES_PER_WRITE = 2 ** 30;

/** Codes by which file systems say that they have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/** The system's own: Node's other one stops half-way at pipes and sockets. */
const realPath = realpathSync.native;

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
  /**
   * The folder of results that the file is one of. A link in it that leads out of it is not followed: the
   * file takes its place. Without this option a link to a file is followed, since somebody named it.
   */
  readonly within?: string;
}

/**
 * Writes a file so that a reader sees the old content or the whole new one, never a part, whatever
 * happens in between: into a temporary file beside it, which is forced to the disk and then takes the
 * name. If anything fails the temporary file is removed and the old file is as it was. What is no file
 * (a device, a pipe, a socket, a folder) keeps its name.
 *
 * (The package write-file-atomic 6 takes the whole content in memory, and ignores how much of it was
 * written: on a full disk it put a cut-off file in the old one's place without an error.)
 *
 * @param path the file, or a link to it; its folder must exist
 * @returns false if the file was there and `replace` is false, else true
 * @throws the file system's own error, with its `code`, an error that says what stands in the file's
 *   place, or what `content` throws
 * @example
 * await atomicWrite("results/a.json", "{}\n");
 */
export async function atomicWrite(
  path: string,
  content: FileContent,
  { replace = true, within }: AtomicWriteOptions = {},
): Promise<boolean> {
  const target = within === undefined ? followed(path, replace) : inside(within, path, replace);
  const temporary = temporaryName(dirname(target));
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
    discard(temporary);
  }
  syncFolder(dirname(target));
  return true;
}

/** Where a path leads; itself where there is nothing yet. */
function followed(path: string, replace: boolean): string {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) return path;
  if (replace) requireFile(there);
  return realPath(path);
}

/** Where a path leads inside a folder; itself where it is a link that leads out. */
function inside(folder: string, path: string, replace: boolean): string {
  const root = realPath(folder);
  const parent = realPath(dirname(path));
  if (!isIn(root, parent)) {
    throw new Error(`${dirname(path)} is a link that leads out of ${folder}`);
  }
  const target = realTarget(root, join(parent, basename(path)));
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (replace && there !== undefined && !there.isSymbolicLink()) requireFile(there);
  return target;
}

function realTarget(root: string, file: string): string {
  try {
    const real = realPath(file);
    return isIn(root, real) ? real : file;
  } catch {
    return file;
  }
}

/** Whether what stands at a path in a folder is a link out of that folder. */
export function leadsOut(folder: string, path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
  try {
    return !isIn(realPath(folder), realPath(path));
  } catch {
    // A link to nothing.
    return true;
  }
}

function isIn(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !/^\.\.[\\/]/.test(way) && !isAbsolute(way);
}

/** Renaming puts a file in the place of anything but a folder, where root even of /dev/null. */
function requireFile(there: Stats): void {
  if (there.isFile()) return;
  if (there.isDirectory()) {
    throw Object.assign(new Error("a folder has the file's name"), { code: "EISDIR" });
  }
  const kind = there.isFIFO() ? "pipe" : there.isSocket() ? "socket" : "device";
  throw new Error(`a ${kind}, which is not replaced by a file`);
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
    if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) return false;
    renameSync(temporary, target);
  }
  return true;
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
