import { randomBytes } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";

/** Codes by which file systems say that they have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/**
 * Writes a file so that a reader sees the old content or the new one, never a part.
 *
 * The content goes to a temporary file in the same folder, is flushed to the disk, and then takes the
 * name. If anything fails the temporary file is removed and the old file is as it was. (The package
 * write-file-atomic 6 does the same, but writes with one call and ignores how much was written: on a
 * full disk it put a cut-off file in the old one's place without an error. `FileHandle.writeFile`
 * writes on until everything is written, or throws.)
 *
 * @param file where to write; its folder must exist
 * @param content what to write; a text as UTF-8
 * @param options `replace: false` refuses to replace a file that is there, also one that another
 *   process put there a moment ago (the name is taken by a hard link, which never replaces; on file
 *   systems without hard links such a file could be replaced)
 * @returns false when the file was there and `replace` is false, else true
 * @throws the file system's own error, with its `code`
 *
 * @example
 * await writeAtomically("results/a.json", "{}\n", { replace: true });
 */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array,
  { replace }: { replace: boolean },
): Promise<boolean> {
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await rename(temporary, file);
    else return await takeName(temporary, file);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function takeName(temporary: string, file: string): Promise<boolean> {
  try {
    await link(temporary, file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "EEXIST") return false;
    if (!NO_LINKS.has(code)) throw error;
    await rename(temporary, file);
  }
  return true;
}
