import { readdirSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { InputError } from "../errors";

/** The folders (or files) that a worker was started with: nothing outside of them is opened. */
export class Roots {
  readonly paths: readonly string[];

  /** @throws InputError if one is not there. */
  constructor(given: readonly string[]) {
    this.paths = [...new Set(given.map(realRoot))];
  }

  /** Whether a path leads to something that is there and inside of them, links followed. */
  contains(path: string): boolean {
    try {
      const real = realpathSync.native(path);
      return this.paths.some((root) => isIn(root, real));
    } catch {
      return false;
    }
  }

  /** The same for a folder and all files in it. */
  containsFolder(folder: string): boolean {
    if (!this.contains(folder)) return false;
    try {
      return readdirSync(folder).every((name) => this.contains(join(folder, name)));
    } catch {
      return false;
    }
  }

  /**
   * Where a path of another machine may be on this one: the path itself, and what its last parts name inside
   * of a root. Only what is inside of the roots.
   */
  *candidates(path: string): Generator<string> {
    const parts = path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
    if (parts.includes("..")) return;
    if (this.contains(path)) yield path;
    for (const root of this.paths) {
      for (let from = 0; from <= parts.length; from++) {
        const candidate = join(root, ...parts.slice(from));
        if (candidate !== path && this.contains(candidate)) yield candidate;
      }
    }
  }
}

function realRoot(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (cause) {
    throw new InputError("there is no such folder", {
      file: path,
      found: (cause as NodeJS.ErrnoException).code,
      expected: "a folder with heads, base models or results",
      cause,
    });
  }
}

function isIn(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
