import { InputError } from "../errors";
import { databaseAddress } from "./database-url";
import { JobQueue } from "./job-queue";
import { openPostgres } from "./postgres";
import { Roots } from "./roots";
import { EXPIRE_SECONDS } from "./running-study";
import { serveJobs } from "./serve-jobs";

/** How a worker works. */
export interface WorkerOptions {
  /** The PostgreSQL of the study; TSLENS_DATABASE if not given. */
  readonly database?: string;
  /** Folders with heads, base models, texts and results: nothing outside of them is opened. */
  readonly roots: readonly string[];
  /** Processes that compute. Default: 1. */
  readonly workers?: number;
  /** Ends it after so many seconds without a job; it waits for more if not given. */
  readonly idleSeconds?: number;
  /** Ends it; what it took and has not done is given back. */
  readonly signal?: AbortSignal;
  /** Told what it does, a line each. */
  readonly onNote?: (line: string) => void;
}

/** How often an empty queue is asked. */
const POLL_MS = 1_000;

/** How many workers there are is not known: a worker takes a quarter of what waits at most. */
const SHARERS = 2;

/**
 * Does the jobs of studies that share a database, until it is stopped.
 *
 * @returns how many heads it audited, and how many it found to have no result
 * @throws InputError if there is no database or no root.
 * @throws DatabaseError if the database does not answer.
 * @throws ResultError if results cannot be written.
 */
export async function runWorker(options: WorkerOptions): Promise<{ done: number; failed: number }> {
  const { workers = 1, idleSeconds, onNote } = options;
  const address = databaseAddress(options.database);
  if (address === null) {
    throw new InputError("a worker needs the database of a study", {
      remedy: "Give --database postgres://user@host/database, or TSLENS_DATABASE.",
    });
  }
  const roots = new Roots(options.roots).paths;
  if (roots.length === 0) {
    throw new InputError("a worker needs folders to look in", {
      remedy: "Give --root, with heads, base models and the folder of results.",
    });
  }
  const ending = new AbortController();
  const end = () => ending.abort();
  options.signal?.addEventListener("abort", end);
  if (options.signal?.aborted) end();
  const { signal } = ending;
  const database = await openPostgres(address, { signal, onNote });
  const queue = await JobQueue.open(database, { expireInSeconds: EXPIRE_SECONDS, supervise: true });
  const counts = { done: 0, failed: 0 };
  const sharers = SHARERS * workers;
  try {
    onNote?.(`working for ${address.shown}, in ${roots.join(", ")}`);
    for (const version of await queue.otherVersions()) {
      onNote?.(`jobs of tslens ${version} wait there for a worker of that version`);
    }
    const serve = () =>
      serveJobs({
        ...{ queue, roots, signal, sharers, pollMs: POLL_MS, idleSeconds, onNote },
        onDone({ job }) {
          counts.done++;
          onNote?.(`done: ${job.head.shown} (${job.out.file})`);
        },
        onFailed({ job }, reason) {
          counts.failed++;
          onNote?.(`failed: ${job.head.shown}: ${reason}`);
        },
      });
    const ends = await Promise.allSettled(
      Array.from({ length: workers }, () =>
        serve().catch((error) => {
          end();
          throw error;
        }),
      ),
    );
    const failure = ends.find((one) => one.status === "rejected");
    if (failure) throw failure.reason;
    return counts;
  } finally {
    options.signal?.removeEventListener("abort", end);
    await queue.close();
  }
}
