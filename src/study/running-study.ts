import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InterruptedError } from "../errors";
import { locateHead } from "../heads/locate-head";
import { runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import type { Progress } from "../progress/progress";
import type { Database } from "./database";
import { doneResult } from "./done-result";
import type { FailedHead } from "./find-heads";
import { jobId, type StudyJob } from "./job";
import { JobQueue, type QueuedJob } from "./job-queue";
import type { OutFolder } from "./out-folder";
import type { NamedHead } from "./result-names";
import { serveJobs } from "./serve-jobs";
import type { StudyOptions } from "./study-options";
import { StudyProgress } from "./study-progress";
import { type StudiedHead, tableNumbers } from "./study-rows";

/** A worker that is lost is not heard of for so long before its jobs are handed out again. */
export const EXPIRE_SECONDS = 300;

/** How often the rows of all jobs are looked at. */
const POLL_MS = 300;

/** A job whose row says that it is done, while its file is not there, is added again so often. */
const MOST_ROUNDS = 3;

/** More processes on one machine are no faster: the tensor engine uses several cores itself. */
const MOST_WORKERS = 4;

export interface RunningStudyOptions {
  /** The folders that heads were looked for in. */
  readonly folders: readonly string[];
  readonly out: OutFolder;
  readonly options: StudyOptions;
}

/** A head on its way through a queue. */
interface PendingHead {
  readonly head: NamedHead;
  readonly queued: QueuedJob;
  rounds: number;
}

/** A study while heads are still to be done; its coordinator, which any number of workers help. */
export class RunningStudy {
  readonly failed: FailedHead[] = [];
  readonly done: StudiedHead[] = [];
  private readonly left = new Map<string, PendingHead>();
  private readonly progress: StudyProgress;
  private readonly given: RunningStudyOptions;

  constructor(heads: readonly NamedHead[], given: RunningStudyOptions) {
    this.given = given;
    for (const head of heads) {
      if (head.done !== null) {
        this.done.push({ head, result: tableNumbers(head.done) });
        continue;
      }
      const job: StudyJob = { ...head.job, out: { ...given.out, file: head.file } };
      const queued = { id: jobId(job, groupOf(head)), job };
      this.left.set(queued.id, { head, queued, rounds: 0 });
    }
    this.progress = new StudyProgress(heads.length, this.done.length);
  }

  /** How many heads are neither done nor given up. */
  get pending(): number {
    return this.left.size;
  }

  /**
   * Has the heads audited by processes of its own, and by workers that share its database.
   *
   * @throws InterruptedError if it was ended before all were done or given up.
   */
  async run(bar: Progress | undefined, openDatabase: () => Promise<Database>): Promise<void> {
    const { expireInSeconds = EXPIRE_SECONDS, signal, onNote, ...given } = this.given.options;
    const workers = Math.min(given.workers ?? usualWorkers(), this.left.size);
    const ending = new AbortController();
    const end = () => ending.abort();
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    this.progress.show(bar);
    const queue = await JobQueue.open(await openDatabase(), { expireInSeconds, supervise: true });
    const roots = this.roots();
    const serve = () =>
      serveJobs({
        ...{ queue, roots, onNote, sharers: workers, pollMs: POLL_MS },
        signal: ending.signal,
        onDone: ({ id }) => void this.look(id).then(() => this.progress.show(bar)),
      });
    try {
      await queue.add([...this.left.values()].map(({ queued }) => queued));
      const watching = this.watch(queue, bar, ending.signal).finally(end);
      const serving = Array.from({ length: workers }, () => serve().finally(end));
      // All of them: they give back what they took before the database is closed.
      const ends = await Promise.allSettled([...serving, watching]);
      const failure = ends.find((one) => one.status === "rejected");
      if (failure) throw failure.reason;
    } finally {
      signal?.removeEventListener("abort", end);
      await queue.close();
    }
    if (this.left.size > 0) throw this.interrupted();
  }

  /** Until every head is done or given up. */
  private async watch(queue: JobQueue, bar: Progress | undefined, signal: AbortSignal) {
    while (this.left.size > 0 && !signal.aborted) {
      await this.lookAtAll(queue);
      this.progress.show(bar);
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }

  private async lookAtAll(queue: JobQueue): Promise<void> {
    const states = await queue.states([...this.left.keys()]);
    const again: QueuedJob[] = [];
    for (const [id, pending] of [...this.left]) {
      const { state, reason } = states.get(id) ?? { state: null, reason: null };
      // Whatever a row says: a worker may have been lost after it wrote the file.
      if (state === "created" || (await this.look(id))) continue;
      if (state === "failed" || (state === "completed" && reason !== null)) {
        this.giveUp(id, reason ?? "its workers were lost");
      } else if (state === null) again.push(pending.queued);
      else if (state === "completed" || state === "cancelled") {
        if (++pending.rounds <= MOST_ROUNDS) again.push(pending.queued);
        else this.giveUp(id, `its result is not in ${this.given.out.path}, where it was written`);
      }
    }
    if (again.length > 0) await queue.add(again);
  }

  /** Whether a head's file is there. */
  private async look(id: string): Promise<boolean> {
    const pending = this.left.get(id);
    if (pending === undefined) return true;
    const { head, queued } = pending;
    const result = await doneResult(this.given.out.path, head.file, queued.job.job);
    if (result === null) return false;
    // Two may look at once.
    if (this.left.delete(id)) {
      this.done.push({ head, result: tableNumbers(result) });
      this.progress.done();
    }
    return true;
  }

  private giveUp(id: string, reason: string): void {
    const { modelDir } = this.left.get(id)!.head;
    this.left.delete(id);
    this.failed.push({ model_dir: modelDir, reason });
    this.progress.failed();
  }

  private interrupted(): InterruptedError {
    return new InterruptedError("the study was interrupted", {
      found: `${this.done.length} of ${this.done.length + this.failed.length + this.left.size} heads done`,
      remedy: "Run the same command again to go on: what is done is kept.",
    });
  }

  /** What this study's own workers may open: where it was told to look, and what it found elsewhere. */
  private roots(): string[] {
    const { folders, out } = this.given;
    const found = [...this.left.values()].flatMap(({ queued: { job } }) => {
      const { head, base, options } = job;
      const run = runDirectory(head.path);
      return [
        ...Object.keys(head.files).map((name) =>
          join(name === TRAINING_METRICS ? run : head.path, name),
        ),
        ...Object.keys(base.files).map((name) => join(base.path, name)),
        ...(options.texts ? [options.texts.path] : []),
      ].flatMap((file) => [dirname(file), ...realPath(file)]);
    });
    return outermost([out.path, ...[...folders.map(locateHead), ...found].flatMap(realPath)]);
  }
}

/** Where a path leads; nothing if nowhere. */
function realPath(path: string): string[] {
  try {
    return [realpathSync.native(path)];
  } catch {
    return [];
  }
}

/** Paths without those that are inside of others. */
function outermost(paths: readonly string[]): string[] {
  const kept: string[] = [];
  for (const path of [...new Set(paths)].sort((a, b) => a.length - b.length)) {
    const isInside = kept.some((root) => {
      const way = relative(root, path);
      return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
    });
    if (!isInside) kept.push(path);
  }
  return kept;
}

/** Heads whose runs of the base model are shared. */
function groupOf({ job, config }: NamedHead): readonly unknown[] {
  const { layerType, targetLayer, tokenPos } = config;
  const { seed, prepend_bos, texts } = job.options;
  const options = [seed, prepend_bos, texts?.sha256 ?? null];
  return [job.base.files, options, layerType, targetLayer, tokenPos];
}

function usualWorkers(): number {
  return Math.min(availableParallelism(), MOST_WORKERS);
}
