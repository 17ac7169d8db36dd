import { randomUUID } from "node:crypto";
import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ResultError } from "../errors";
import { unwritable } from "../experiments/write-result";
import { atomicWrite } from "../files/atomic-write";
import { makeFolder } from "../files/make-folder";
import type { StudyJob } from "./job";

/** Where results go: the folder, and what tells it from others of its name. */
export type OutFolder = Omit<StudyJob["out"], "file">;

/** Holds an id, so that a worker on another machine knows the folder although its path is another one there. */
const MARK = ".tslens-study";

/**
 * Makes the folder of a study's results, and marks it. Two that do so at once agree on the mark.
 *
 * @throws ResultError if it cannot be made or written to.
 */
export async function openOutFolder(folder: string): Promise<OutFolder> {
  try {
    makeFolder(folder);
    const path = realpathSync.native(folder);
    await atomicWrite(join(path, MARK), `${randomUUID()}\n`, { replace: false, within: path });
    const id = markOf(path);
    if (id !== null) return { path, id };
    // Not one of ours: cut off by a system that went down, or somebody's own.
    await atomicWrite(join(path, MARK), `${randomUUID()}\n`, { within: path });
    return { path, id: requireMark(path) };
  } catch (error) {
    throw error instanceof ResultError ? error : unwritable(folder, error);
  }
}

/** The id of a marked folder; null if it has none. */
export function markOf(folder: string): string | null {
  const file = join(folder, MARK);
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) return null;
  const { success, data } = z.uuid().safeParse(readFileSync(file, "utf8").trim());
  return success ? data : null;
}

function requireMark(folder: string): string {
  const id = markOf(folder);
  if (id !== null) return id;
  throw new ResultError("the mark of a study's folder cannot be read", {
    file: join(folder, MARK),
    remedy: "Remove it.",
  });
}
