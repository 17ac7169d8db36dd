import { lstatSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditResult } from "../experiments/audit/result";
import { checkedResult } from "../experiments/serialize-result";
import { leadsOut } from "../files/atomic-write";

/** An audit that a study made. */
export type StudiedResult = AuditResult & Required<Pick<AuditResult, "study">>;

/**
 * The result of a job, if its file is there: the file, not what a database says, is what is done.
 *
 * @returns null if there is no such file, or it is not that job's whole result
 */
export async function doneResult(
  folder: string,
  file: string,
  job: string,
): Promise<StudiedResult | null> {
  const path = join(folder, file);
  if (!lstatSync(path, { throwIfNoEntry: false }) || leadsOut(folder, path)) return null;
  try {
    const content = JSON.parse(await readFile(path, "utf8"));
    if (content?.study?.job !== job) return null;
    return checkedResult("audit", content) as StudiedResult;
  } catch {
    return null;
  }
}
