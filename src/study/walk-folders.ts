import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

/** Folders that hold no heads and no models, and many files. */
const PASSED_OVER = new Set(["node_modules", "__pycache__"]);

/**
 * Visits a folder and those below it, by name, links followed, each once. What cannot be read is passed over.
 *
 * @param visit with the names in it; says whether to go on below
 */
export function walkFolders(
  folder: string,
  visit: (folder: string, names: readonly string[]) => boolean,
  seen = new Set<string>(),
): void {
  const names = namesOfNew(folder, seen);
  if (names === null || !visit(folder, names)) return;
  for (const name of names) {
    const path = join(folder, name);
    if (name.startsWith(".") || PASSED_OVER.has(name) || !isFolder(path)) continue;
    walkFolders(path, visit, seen);
  }
}

/** What a folder holds; null if it was seen before, or cannot be read. */
function namesOfNew(folder: string, seen: Set<string>): string[] | null {
  try {
    const real = realpathSync.native(folder);
    if (seen.has(real)) return null;
    seen.add(real);
    return readdirSync(folder).sort();
  } catch {
    return null;
  }
}

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
