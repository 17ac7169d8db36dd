import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";

/**
 * A relative path as seen from the working directory or, if there is nothing, from the nearest
 * folder above it: notebooks run in a subfolder of the project that their paths are written for.
 *
 * @returns the path as given if nothing is found anywhere; who opens it says so.
 */
export function locateHead(path: string): string {
  if (path === "" || isAbsolute(path)) return path;
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return relative(process.cwd(), candidate) || candidate;
    if (folder === dirname(folder)) return path;
  }
}
