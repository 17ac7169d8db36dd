import { setTimeout as sleep } from "node:timers/promises";
import { ResultError } from "../errors";
import type { ComputeMessage } from "./compute-messages";
import { ComputeProcess } from "./compute-process";
import type { JobQueue, TakenJob } from "./job-queue";

export interface ServeOptions {
  readonly queue: JobQueue;
  /** Folders that may be opened, and nothing outside of them. */
  readonly roots: readonly string[];
  /** Ends it; jobs that are not done are given back. */
  readonly signal: AbortSignal;
  /** How many processes take from the same queues, as far as is known. */
  readonly sharers: number;
  /** How often an empty queue is asked. */
  readonly pollMs: number;
  /** Ends it after so long without a job; never if not given. */
  readonly idleSeconds?: number;
  readonly onDone?: (job: TakenJob) => void;
  readonly onFailed?: (job: TakenJob, reason: string) => void;
  readonly onNote?: (line: string) => void;
}

/** At most so many heads are taken at once, */
const MOST_AT_ONCE = 64;

/** and as many as take so long. */
const SECONDS_AT_ONCE = 60;

/** A base model that is not on this machine is looked for again after so long. */
const LOOK_AGAIN_MS = 60_000;

/** Jobs of which something else is not here are given to others for so long. */
const TO_OTHERS_SECONDS = 15;

/** A process that says nothing for so long hangs. */
const LONGEST_SILENCE_MS = 60 * 60_000;

/** So many processes that end one after the other, and nothing done in between: it is not the heads. */
const MOST_KILLED = 25;

/**
 * Takes jobs, has them computed by a process of its own, and says what became of them, until it is stopped.
 *
 * @throws DatabaseError if the database stays away.
 * @throws ResultError if nothing can be computed or written here.
 */
export async function serveJobs(options: ServeOptions): Promise<void> {
  await new JobServer(options).serve();
}

class JobServer {
  private process: ComputeProcess | null = null;
  /** Queues whose base model is not here, and until when that is believed. */
  private readonly lacking = new Map<string, number>();
  private readonly said = new Set<string>();
  private secondsPerHead = SECONDS_AT_ONCE / 8;
  private killed = 0;

  constructor(private readonly options: ServeOptions) {}

  async serve(): Promise<void> {
    const { signal, idleSeconds, pollMs } = this.options;
    // Loads the engine while the first job is looked for.
    this.start();
    let last = performance.now();
    const stop = () => void this.process?.stop();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted) {
        if (await this.serveOnce()) {
          last = performance.now();
          continue;
        }
        const idle = (performance.now() - last) / 1000;
        if (idleSeconds !== undefined && idle >= idleSeconds) return;
        // Workers that were started together do not ask together.
        await sleep(pollMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
      }
    } finally {
      signal.removeEventListener("abort", stop);
      await this.process?.stop();
    }
  }

  private start(): ComputeProcess {
    if (!this.process?.isAlive) this.process = new ComputeProcess(this.options.roots);
    return this.process;
  }

  /** Does what one queue has next; false if there is nothing to do. */
  private async serveOnce(): Promise<boolean> {
    const { queue, sharers } = this.options;
    const waiting = await queue.waiting();
    for (const [name, count] of waiting) {
      if ((this.lacking.get(name) ?? 0) > performance.now()) continue;
      const share = Math.ceil(count / (2 * sharers));
      const inTime = Math.floor(SECONDS_AT_ONCE / this.secondsPerHead);
      const most = Math.max(1, Math.min(share, inTime, MOST_AT_ONCE));
      const { jobs, unreadable } = await queue.take(name, most);
      if (unreadable.length > 0) {
        const reason = "what stands in the database is no job of this version of tslens";
        await queue.giveUp(name, unreadable, reason);
        this.note(
          `${unreadable.length === 1 ? "a job was" : `${unreadable.length} jobs were`} refused: ${reason}`,
        );
      }
      if (jobs.length === 0) continue;
      await this.work(name, jobs);
      return true;
    }
    return false;
  }

  /** What was lost before is computed alone: it may be what kills the process. */
  private async work(name: string, jobs: readonly TakenJob[]): Promise<void> {
    const left = new Map(jobs.map((taken) => [taken.id, taken]));
    const { queue } = this.options;
    const expire = Math.min(...jobs.map(({ expireInSeconds }) => expireInSeconds));
    const ids = () => [...left.keys()];
    const touch = setInterval(
      () => void queue.touch(name, ids()).catch(() => {}),
      (expire * 1000) / 4,
    );
    try {
      const fresh = jobs.filter(({ tries }) => tries === 0);
      const alone = jobs.filter(({ tries }) => tries > 0).map((taken) => [taken]);
      for (const together of [fresh, ...alone]) await this.computeAll(name, together, left);
    } finally {
      clearInterval(touch);
      await queue.giveBack(name, ids());
    }
  }

  /** Goes on with another process where one was killed, without the job that it was at. */
  private async computeAll(
    name: string,
    together: readonly TakenJob[],
    left: Map<string, TakenJob>,
  ): Promise<void> {
    for (;;) {
      const jobs = together.filter(({ id }) => left.has(id));
      if (jobs.length === 0 || this.options.signal.aborted) return;
      await this.compute(name, jobs, left);
    }
  }

  private async compute(
    name: string,
    jobs: readonly TakenJob[],
    left: Map<string, TakenJob>,
  ): Promise<void> {
    const { queue, onDone, onFailed, signal } = this.options;
    const child = this.start();
    let begun: readonly string[] = [];
    const saved: Promise<void>[] = [];
    let heard = performance.now();
    const ended = (id: string, save: (taken: TakenJob) => Promise<void>) => {
      const taken = left.get(id);
      if (taken === undefined) return;
      left.delete(id);
      const saving = save(taken);
      // Awaited below; a database that is gone may be found out before.
      saving.catch(() => {});
      saved.push(saving);
    };
    const listen = (message: ComputeMessage) => {
      const seconds = (performance.now() - heard) / 1000;
      heard = performance.now();
      switch (message.kind) {
        case "begun":
          begun = message.ids;
          break;
        case "done":
          this.killed = 0;
          this.secondsPerHead = (this.secondsPerHead + seconds) / 2;
          ended(message.id, async (taken) => {
            await queue.complete(name, [taken.id]);
            onDone?.(taken);
          });
          break;
        case "failed":
          this.killed = 0;
          ended(message.id, async (taken) => {
            await queue.giveUp(name, [taken.id], message.reason);
            onFailed?.(taken, message.reason);
          });
          break;
        case "unwritable":
          void child.stop();
          break;
        case "not here":
          this.note(message.reason);
          if (message.what === "base") this.lacking.set(name, performance.now() + LOOK_AGAIN_MS);
          ended(message.id, ({ id }) =>
            queue.giveBack(name, [id], message.what === "base" ? 0 : TO_OTHERS_SECONDS),
          );
      }
    };
    const hangs = setInterval(() => {
      if (performance.now() - heard > LONGEST_SILENCE_MS) void child.stop();
    }, LONGEST_SILENCE_MS / 60);
    const end = await child.run({ jobs: jobs.map(({ id, job }) => ({ id, job })) }, listen);
    clearInterval(hangs);
    await Promise.all(saved);
    if (signal.aborted) return;
    if (end.how === "unable") throw new ResultError(end.reason);
    if (end.how === "killed") await this.afterKill(name, begun, left, end.reason);
  }

  private async afterKill(
    name: string,
    begun: readonly string[],
    left: Map<string, TakenJob>,
    reason: string,
  ): Promise<void> {
    const culprits = begun.filter((id) => left.delete(id));
    await this.options.queue.lost(name, culprits, reason);
    if (++this.killed < MOST_KILLED) return;
    throw new ResultError(`${this.killed} processes that compute ended one after the other`, {
      found: reason,
      remedy: "Is there enough memory? `tslens audit` on one of the heads may say more.",
    });
  }

  /** Once each: a queue may hold many of the same kind. */
  private note(line: string): void {
    if (this.said.has(line)) return;
    this.said.add(line);
    this.options.onNote?.(line);
  }
}
