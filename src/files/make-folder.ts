import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it, unless it is there. (Node's own `recursive` tries for ever below
 * a folder in which the system makes none, such as `/proc`.)
 *
 * @throws the file system's own error, with its `code`: ENOENT where none can be made, EEXIST or
 *   ENOTDIR where a file stands
 */
export function makeFolder(folder: string, mode?: number): void {
  try {
    make(folder, mode);
  } catch (error) {
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === folder) throw error;
    makeFolder(parent, mode);
    make(folder, mode);
  }
}

function make(folder: string, mode: number | undefined): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // A read-only disk and the top of a drive say something else of what is there.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
