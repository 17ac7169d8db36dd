import { basename, dirname, join } from "node:path";
import { readPrompts } from "../analysis/prompts";
import { ResultError, TslensError } from "../errors";
import { AuditRuns } from "../experiments/audit/audit-runs";
import type { AuditResult } from "../experiments/audit/result";
import { writeResultAs } from "../experiments/write-result";
import { type BoundHead, bindHead } from "../heads/bind-head";
import { loadHead } from "../heads/load-head";
import type { Prompt } from "../heads/measured-prompts";
import { runFolder } from "../heads/run-folders";
import type { HookedTransformer } from "../model/hooked-transformer";
import { openBase } from "../model/open-base";
import { namedResult } from "../results/named-result";
import { loadEngine } from "../tensors/engine";
import { auditHeads } from "./audit-heads";
import type { ComputeMessage, ComputeRequest } from "./compute-messages";
import { doneResult, type StudiedResult } from "./done-result";
import { baseHash, type StudyJob } from "./job";
import type { QueuedJob } from "./job-queue";
import { type LocalFiles, LocalFinder } from "./local-files";
import { Roots } from "./roots";

// The process that computes for a worker, which stays able to answer meanwhile. It is given folders when it
// is started, then jobs; it knows of no database.

/** A job whose files were found, and its head, opened. */
interface OpenJob extends QueuedJob {
  readonly files: LocalFiles;
  readonly head: BoundHead;
}

const finder = new LocalFinder(new Roots(process.argv.slice(2)));

/** The base model of the last job, which the next one most probably reads too. */
let base: { readonly hash: string; readonly model: HookedTransformer } | null = null;
/** What the heads of the last jobs shared, which the next ones most probably share too. */
const runs = new AuditRuns();
let texts: { readonly sha256: string; readonly prompts: readonly Prompt[] } | null = null;

function say(message: ComputeMessage): void {
  process.send?.(message);
}

async function compute({ jobs }: ComputeRequest): Promise<void> {
  const open: OpenJob[] = [];
  for (const { id, job } of jobs) {
    const files = await finder.find(job);
    if ("what" in files) say({ kind: "not here", id, ...files });
    else if (await doneResult(files.out, job.out.file, job.job)) say({ kind: "done", id });
    else {
      const head = await openHeadOf({ id, job }, files);
      if (head) open.push({ id, job, files, head });
    }
  }
  // Several studies may share a database, and with it the queue of a base model.
  for (const alike of byOptions(open)) await auditAlike(alike);
}

async function auditAlike(open: readonly OpenJob[]): Promise<void> {
  const [{ job, files }] = open;
  const { seed, prepend_bos } = job.options;
  await auditHeads(
    open,
    { texts: await promptsOf(job, files), seed, prependBos: prepend_bos, runs },
    {
      begun: (these) => say({ kind: "begun", ids: these.map(({ id }) => id) }),
      done: (one, { cosine, cosine_of, cosine_percentile, ...audit }) =>
        write(one, {
          ...audit,
          study: { job: one.job.job, cosine, cosine_of, cosine_percentile },
        }),
      failed: ({ id }, error) => say({ kind: "failed", id, reason: error.message }),
    },
  );
}

/** Jobs with the same texts and options, together. */
function byOptions(open: readonly OpenJob[]): OpenJob[][] {
  const alike = new Map<string, OpenJob[]>();
  for (const one of open) {
    const { seed, prepend_bos, texts } = one.job.options;
    const key = JSON.stringify([seed, prepend_bos, texts?.sha256 ?? null]);
    alike.set(key, [...(alike.get(key) ?? []), one]);
  }
  return [...alike.values()];
}

/** Opens a head on its base model, or says why it cannot be. */
async function openHeadOf({ id, job }: QueuedJob, files: LocalFiles): Promise<BoundHead | null> {
  say({ kind: "begun", ids: [id] });
  try {
    const model = await baseModel(job.base, files.baseFolder);
    const loaded = await loadHead(files.headFile);
    const { head = "", config = "" } = loaded.sha256 ?? {};
    if (
      job.head.files[basename(files.headFile)] !== head ||
      job.head.files["config.json"] !== config
    ) {
      throw new ResultError("the head's files have changed since the study began", {
        file: dirname(files.headFile),
        remedy: "Run the study again.",
      });
    }
    return bindHead(loaded, model, { path: job.head.shown });
  } catch (error) {
    if (!(error instanceof TslensError)) throw error;
    say({ kind: "failed", id, reason: error.message });
    return null;
  }
}

/** One is held at a time: jobs come by base model. */
async function baseModel(wanted: StudyJob["base"], folder: string): Promise<HookedTransformer> {
  const hash = baseHash(wanted);
  if (base?.hash === hash) return base.model;
  runs.dispose();
  base?.model.dispose();
  base = null;
  const model = await openBase(folder);
  if (baseHash({ files: { ...(await model.files!.sha256()) } }) !== hash) {
    model.dispose();
    throw new ResultError("the base model's files have changed since the study began", {
      file: folder,
      remedy: "Run the study again.",
    });
  }
  base = { hash, model };
  return model;
}

async function promptsOf(
  { options }: StudyJob,
  files: LocalFiles,
): Promise<readonly Prompt[] | undefined> {
  if (options.texts === null) return undefined;
  const { sha256 } = options.texts;
  if (texts?.sha256 !== sha256) texts = { sha256, prompts: await readPrompts(files.texts!) };
  return texts.prompts;
}

/** Writes a result as if it had been computed where the study was started. */
async function write({ id, job, files }: OpenJob, result: StudiedResult): Promise<void> {
  const whole = namedResult<AuditResult>("audit", [], {
    ...result,
    warnings: result.warnings.map((warning) => asShown(warning, job, files)),
    provenance: { ...result.provenance, base_model: job.base.name },
  });
  try {
    const isWritten = await writeResultAs(whole, {
      ...{ directory: files.out, name: "audit", fileName: job.out.file },
    });
    if (isWritten) say({ kind: "done", id });
    else {
      const reason = `${job.out.file}: another head's result took this name while the study ran; run it again`;
      say({ kind: "failed", id, reason });
    }
  } catch (error) {
    if (!(error instanceof ResultError)) throw error;
    const kind = (error.cause as NodeJS.ErrnoException | undefined)?.code ? "unwritable" : "failed";
    say({ kind, id, reason: error.message });
  }
}

/** Paths in a warning as the study's command line has them, whatever they are on this machine. */
function asShown(warning: string, { head, base }: StudyJob, files: LocalFiles): string {
  const folder = dirname(files.headFile);
  const inside = runFolder(folder);
  const shown = inside && !runFolder(head.shown) ? join(head.shown, inside) : head.shown;
  return warning.replaceAll(folder, shown).replaceAll(files.baseFolder, base.path);
}

/** A job after the other; a request is answered by "finished", or by the end of this process. */
let last: Promise<void> = loadEngine().then(
  () => say({ kind: "ready" }),
  (error: Error) => {
    say({ kind: "unable", reason: error.message });
    process.exitCode = 1;
    process.disconnect?.();
  },
);
process.on("message", (request: ComputeRequest) => {
  last = last.then(() => compute(request)).then(() => say({ kind: "finished" }));
});
// The worker is gone: nobody would know of what is still done here.
process.on("disconnect", () => process.exit());
