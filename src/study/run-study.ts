import { InputError, type TslensError } from "../errors";
import { withBar } from "../progress/with-bar";
import { databaseAddress } from "./database-url";
import { openEmbeddedDatabase } from "./embedded-database";
import { type FailedHead, findHeads } from "./find-heads";
import { openOutFolder } from "./out-folder";
import { planHeads } from "./plan-heads";
import { openPostgres } from "./postgres";
import { nameResults } from "./result-names";
import { RunningStudy } from "./running-study";
import { writeStudy } from "./study-files";
import { studyJson } from "./study-json";
import type { StudyOptions } from "./study-options";
import type { StudyRow } from "./study-row";
import { studyRows } from "./study-rows";

/** What a study found. */
export interface Study {
  /** A row a head, by layer, neuron and folder. */
  readonly heads: readonly StudyRow[];
  /** Heads, and folders, that have no row, and why. */
  readonly failed: readonly FailedHead[];
  /** The tables' files; none if no head succeeded. */
  readonly written: readonly string[];
}

/**
 * Audits every head under some folders and compares them: `study.csv`, `study.json`, `study.parquet` and
 * `index.html` in the folder of results, with each head's own result. What is there already, from a study
 * that was ended or killed, is not computed again.
 *
 * @throws InputError if there is no head, or an option cannot be used.
 * @throws DatabaseError if a database was asked for and does not answer.
 * @throws ResultError if the folder of results cannot be written to.
 * @throws InterruptedError if the signal ended it; what is done is kept.
 * @example
 * const { heads, failed } = await runStudy(["models"]);
 * console.log(heads.length, heads[0].verdict, failed);
 */
export async function runStudy(
  folders: readonly string[],
  options: StudyOptions = {},
): Promise<Study> {
  const { out: directory = "results", signal, onNote } = options;
  const address = databaseAddress(options.database);
  const found = findHeads(folders);
  const planned = await planHeads(found.heads, options);
  for (const note of [...found.notes, ...planned.notes]) onNote?.(note);
  if (planned.heads.length === 0) throw noHead([...found.failed, ...planned.failed]);
  const out = await openOutFolder(directory);
  const named = await nameResults(out.path, planned.heads);
  const running = new RunningStudy(named.heads, { folders, out, options });
  if (running.pending > 0) {
    const bar = { label: "Auditing heads", total: named.heads.length };
    await withBar(options, bar, (progress) =>
      running.run(progress, () =>
        address ? openPostgres(address, { signal, onNote }) : openEmbeddedDatabase(),
      ),
    );
  }
  const failed = [...found.failed, ...planned.failed, ...named.failed, ...running.failed].sort(
    (a, b) => (a.model_dir < b.model_dir ? -1 : 1),
  );
  const heads = studyRows(running.done);
  if (heads.length === 0) return { heads, failed, written: [] };
  const json = studyJson(running.done, heads, failed, options);
  return { heads, failed, written: await writeStudy(directory, json) };
}

function noHead([first, ...others]: readonly FailedHead[]): TslensError {
  if (first === undefined) {
    return new InputError("no folder of heads was given", { remedy: "Name one: `models`." });
  }
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return new InputError(`there is no head that could be studied: ${first.reason}${more}`);
}
