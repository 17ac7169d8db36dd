import { z } from "zod";
import { type ResultOf, schemaVersionKey, timestampKey } from "../results/schema-parts";
import { SCHEMA_VERSION } from "../results/schema-version";
import { timestamp } from "../results/timestamp";
import { VERSION } from "../version";
import type { FailedHead } from "./find-heads";
import { weightsHash } from "./job";
import type { StudyOptions } from "./study-options";
import { STUDY_COLUMNS, type StudyRow, studyRowSchema } from "./study-row";
import type { StudiedHead } from "./study-rows";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `study.json`: the table, what failed, and where all of it comes from. */
export const studyJsonSchema = z.strictObject({
  schema_version: schemaVersionKey.describe("Version of these keys."),
  timestamp: timestampKey.describe("When the table was made: ISO 8601, UTC, whole seconds."),
  heads: z.array(studyRowSchema).describe("The rows of study.csv."),
  failed: z
    .array(z.strictObject({ model_dir: z.string(), reason: z.string() }))
    .describe("Heads, and folders, that have no row, and why."),
  settings: z.array(z.string()).describe("Columns that are training settings."),
  results: z
    .record(z.string(), z.strictObject({ file: z.string(), job: sha256, head_sha256: sha256 }))
    .describe("By `model_dir`: the head's result in this folder, and what it was made of."),
  provenance: z.strictObject({
    tslens: z.string().describe("Version of tslens."),
    seed: z.int(),
    prepend_bos: z.boolean(),
    texts: z
      .strictObject({ file: z.string(), sha256 })
      .nullable()
      .describe("Null for the bundled held-out texts."),
    base_models: z
      .record(z.string(), z.record(z.string(), sha256))
      .describe("SHA-256 of each base model's files."),
  }),
});

export type StudyJson = ResultOf<typeof studyJsonSchema>;

/** A study's table with all that stands beside it. */
export function studyJson(
  done: readonly StudiedHead[],
  heads: readonly StudyRow[],
  failed: readonly FailedHead[],
  { seed = 0, prependBos = false, texts }: StudyOptions,
): StudyJson {
  const byFolder = done.map(({ head }) => head).sort((a, b) => (a.modelDir < b.modelDir ? -1 : 1));
  const [first] = byFolder;
  const given = first.job.options.texts;
  return {
    schema_version: SCHEMA_VERSION,
    timestamp: timestamp(),
    heads,
    failed,
    settings: Object.keys(heads[0]).slice(STUDY_COLUMNS.length),
    results: Object.fromEntries(
      byFolder.map(({ modelDir, file, job }) => [
        modelDir,
        { file, job: job.job, head_sha256: weightsHash(job.head.files)! },
      ]),
    ),
    provenance: {
      tslens: VERSION,
      seed,
      prepend_bos: prependBos,
      texts: given && { file: texts!, sha256: given.sha256 },
      base_models: Object.fromEntries(
        [...new Map(byFolder.map(({ job }) => [job.base.name, job.base.files]))].sort(([a], [b]) =>
          a < b ? -1 : 1,
        ),
      ),
    },
  };
}
