import { createHash } from "node:crypto";
import { z } from "zod";
import { SCHEMA_VERSION } from "../results/schema-version";
import { VERSION } from "../version";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** Linux takes paths of 4,096 bytes. */
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes("\0"));
/** The name of a file in a folder, which leads nowhere else. */
const fileName = z.string().regex(/^(?!\.{1,2}$)[^/\\\0]{1,255}$/);
const files = z.record(fileName, hash);

/** Version of what stands in the database: another one is not touched. */
export const JOB_FORMAT = 1;

/**
 * A job as it stands in the database: one head's audit. It holds paths, options and hashes, and nothing
 * that could be run.
 */
export const studyJobSchema = z.strictObject({
  format: z.literal(JOB_FORMAT),
  tslens: z.string().min(1).max(100),
  job: hash.describe("What names it: `jobHash` of what follows."),
  experiment: z.literal("audit"),
  head: z.strictObject({
    path: path.describe("The folder with the head's weights, as the coordinator sees it."),
    shown: path.describe("The head as it was given, which its result names."),
    files: files.describe(
      "SHA-256 by file name; training_metrics.json stands in the run's folder.",
    ),
  }),
  base: z.strictObject({
    name: path.describe("As the head's configuration or --base says it, which the result names."),
    path: path.describe("Its folder, as the coordinator sees it."),
    files,
  }),
  options: z.strictObject({
    seed: z.int(),
    prepend_bos: z.boolean(),
    texts: z.strictObject({ path, sha256: hash }).nullable(),
  }),
  out: z.strictObject({
    path: path.describe("The folder of results, as the coordinator sees it."),
    id: z.uuid().describe("What stands in that folder's mark."),
    file: z.string().regex(/^audit_\d+_\d+(__[A-Za-z0-9._-]{1,200})?\.json$/),
  }),
});

export type StudyJob = z.infer<typeof studyJobSchema>;

/** What decides a job's numbers, whatever paths lead there. */
export type JobInputs = Pick<StudyJob, "experiment"> & {
  readonly head: Pick<StudyJob["head"], "files">;
  readonly base: Pick<StudyJob["base"], "files">;
  readonly options: StudyJob["options"];
};

/** SHA-256 of the head's and the base model's files, the experiment, its options and the version. */
export function jobHash({ experiment, head, base, options }: JobInputs): string {
  const sorted = (of: Readonly<Record<string, string>>) => Object.entries(of).sort(byName);
  return sha256([
    ...[experiment, VERSION, SCHEMA_VERSION],
    ...[sorted(head.files), sorted(base.files)],
    ...[options.seed, options.prepend_bos, options.texts?.sha256 ?? null],
  ]);
}

/** SHA-256 of the weights, among a head's files. */
export function weightsHash(files: StudyJob["head"]["files"]): string | undefined {
  return Object.entries(files).find(([name]) => name.startsWith("head."))?.[1];
}

/** The same base model, whatever its name. */
export function baseHash(base: Pick<StudyJob["base"], "files">): string {
  return sha256(Object.entries(base.files).sort(byName));
}

/**
 * The id of a job's row: the same whoever adds it, so that it is added once. Rows are handed out in the order
 * of ids, so that heads which share their base model's runs come together.
 *
 * @param group what heads that are computed together have in common
 */
export function jobId({ job, out }: StudyJob, group: readonly unknown[]): string {
  const digits = sha256(group).slice(0, 8) + sha256([job, out.id]).slice(0, 24);
  return [0, 8, 12, 16, 20].map((from, i) => digits.slice(from, [8, 12, 16, 20, 32][i])).join("-");
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
