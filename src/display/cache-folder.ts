import { lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { FigureError } from "../errors";
import { makeFolder } from "../files/make-folder";

/**
 * The folder in which unpacked programs, and what else is made once, are kept between runs: `TSLENS_CACHE` if it is set, else
 * `.tslens` in tslens's own folder, else (where that is read-only) a private folder among the
 * system's temporary files.
 *
 * @throws {FigureError} when none of them can be used
 */
export async function cacheFolder(...path: string[]): Promise<string> {
  const wanted = process.env.TSLENS_CACHE;
  if (wanted) return made(join(wanted, ...path));
  const root = join(__dirname, "..", "..");
  try {
    // Only beside tslens's own package.json: a bundled copy may lie anywhere.
    const { name } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
    if (name === "tslens") return await made(join(root, ".tslens", ...path));
  } catch {
    // Read-only, or somewhere else: the temporary folder will do.
  }
  return temporary(path);
}

async function made(folder: string): Promise<string> {
  makeFolder(folder);
  return folder;
}

/** Other users can write among temporary files, and what lies here is run: it has to be ours. */
async function temporary(path: string[]): Promise<string> {
  const { uid, username } = userInfo();
  const own = join(tmpdir(), `tslens-${uid === -1 ? username : uid}`);
  makeFolder(own, 0o700);
  const found = lstatSync(own);
  const isOurs = found.isDirectory() && (uid === -1 || found.uid === uid);
  if (!isOurs || (uid !== -1 && (found.mode & 0o022) !== 0)) {
    throw new FigureError("The folder for unpacked programs belongs to somebody else", {
      file: own,
      remedy: "Set TSLENS_CACHE to a folder of your own.",
    });
  }
  return made(join(own, ...path));
}
