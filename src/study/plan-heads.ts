import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { readPrompts } from "../analysis/prompts";
import { readJsonFile } from "../checkpoints/json-file";
import { ReadFiles } from "../checkpoints/read-files";
import { HeadConfigError, InputError, TslensError } from "../errors";
import { type HeadConfig, parseHeadConfig } from "../heads/head-config";
import { baseFiles } from "../model/base-files";
import { locateModel } from "../model/locate-model";
import { VERSION } from "../version";
import type { FailedHead, FoundHead } from "./find-heads";
import { JOB_FORMAT, jobHash, type StudyJob } from "./job";
import type { StudyOptions } from "./study-options";

/** A head that a study will audit, and all that its job says but where the result goes. */
export interface PlannedHead {
  readonly modelDir: string;
  readonly config: HeadConfig;
  /** What `training_metrics.json` holds; undefined where it cannot be read. */
  readonly metrics: unknown;
  readonly job: Omit<StudyJob, "out">;
}

export interface HeadPlan {
  readonly heads: readonly PlannedHead[];
  readonly failed: readonly FailedHead[];
  readonly notes: readonly string[];
}

type BaseFolder = StudyJob["base"] | TslensError;

/**
 * Reads what decides each head's job: configurations, and the hashes of all files.
 *
 * @throws InputError if the file of texts cannot be used.
 */
export async function planHeads(
  found: readonly FoundHead[],
  options: StudyOptions,
): Promise<HeadPlan> {
  const jobOptions: StudyJob["options"] = {
    seed: options.seed ?? 0,
    prepend_bos: options.prependBos ?? false,
    texts: await textsOf(options.texts),
  };
  const bases = new Map<string, Promise<BaseFolder>>();
  const heads = new Map<string, PlannedHead>();
  const failed: FailedHead[] = [];
  const notes: string[] = [];
  for (const head of found) {
    const planned = await plan(head, options, jobOptions, bases);
    if ("reason" in planned) {
      failed.push(planned);
      continue;
    }
    const same = heads.get(planned.job.job);
    if (same) {
      notes.push(
        `${head.modelDir} is a copy of ${same.modelDir}, file by file: the head is studied once`,
      );
    } else heads.set(planned.job.job, planned);
  }
  return { heads: [...heads.values()], failed, notes };
}

async function plan(
  { modelDir, headFile, configFile, metricsFile }: FoundHead,
  options: StudyOptions,
  jobOptions: StudyJob["options"],
  bases: Map<string, Promise<BaseFolder>>,
): Promise<PlannedHead | FailedHead> {
  try {
    const read = new ReadFiles([headFile, configFile, metricsFile].filter((file) => file !== null));
    const config = parseHeadConfig(readJsonFile(configFile, HeadConfigError), configFile);
    const name = options.base ?? config.baseModelName;
    if (!name) {
      throw new HeadConfigError(`"base_model_name" is missing`, {
        file: configFile,
        expected: "the base model that the head was trained on",
        remedy: "Give it by --base.",
      });
    }
    if (!bases.has(name)) bases.set(name, baseOf(name, options.revision));
    const base = await bases.get(name)!;
    if (base instanceof TslensError) throw base;
    const head = { path: resolve(dirname(headFile)), shown: modelDir, files: await read.sha256() };
    const inputs = { experiment: "audit" as const, head, base, options: jobOptions };
    const job = { format: JOB_FORMAT, tslens: VERSION, job: jobHash(inputs), ...inputs } as const;
    return { modelDir, config, metrics: metricsIn(metricsFile), job };
  } catch (error) {
    if (error instanceof TslensError) return { model_dir: modelDir, reason: error.message };
    throw error;
  }
}

/** A base model is looked for and hashed once for all heads that name it. */
async function baseOf(name: string, revision: string | undefined): Promise<BaseFolder> {
  try {
    const path = resolve(await locateModel(name, { revision }));
    return { name, path, files: await (await baseFiles(path)).sha256() };
  } catch (error) {
    if (error instanceof TslensError) return error;
    throw error;
  }
}

/** Training settings are worth a column, and no reason to leave a head out. */
export function metricsIn(file: string | null): unknown {
  try {
    return file === null ? undefined : readJsonFile(file, HeadConfigError);
  } catch (error) {
    if (error instanceof TslensError) return undefined;
    throw error;
  }
}

async function textsOf(file: string | undefined): Promise<StudyJob["options"]["texts"]> {
  if (file === undefined) return null;
  // Said now rather than by every worker.
  await readPrompts(file);
  return { path: resolve(file), sha256: fileHash(file) };
}

/** @throws InputError if the file cannot be read. */
export function fileHash(file: string): string {
  try {
    return createHash("sha256").update(readFileSync(file)).digest("hex");
  } catch (cause) {
    const found = (cause as NodeJS.ErrnoException).code;
    throw new InputError("the file cannot be read", { file, found, cause });
  }
}
