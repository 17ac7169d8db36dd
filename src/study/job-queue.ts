import type PgBoss from "pg-boss";
import { DatabaseError } from "../errors";
import { VERSION } from "../version";
import type { Database } from "./database";
import { baseHash, jobHash, type StudyJob, studyJobSchema } from "./job";
import { optionalPackage } from "./optional-package";

/** Beside other applications' tables, and other uses of pg-boss. */
const SCHEMA = "tslens";

/** A queue holds the audits that read one base model: a worker that lacks it leaves the queue to others. */
const PREFIX = "tslens-audit";
const OURS = `${PREFIX}-${VERSION}-`;

/** The first try, and four more before a head is given up. */
const RETRIES = 4;

/** Rows are added in statements of so many. */
const AT_ONCE = 500;

/** A job and the id of its row. */
export interface QueuedJob {
  readonly id: string;
  readonly job: StudyJob;
}

/** A job that was taken from its queue. */
export interface TakenJob extends QueuedJob {
  /** How often it was taken before, by workers that were lost. */
  readonly tries: number;
  /** Not heard of for so long, it is handed out again. */
  readonly expireInSeconds: number;
}

/** Where a job's row is. */
export interface JobState {
  readonly state: PgBoss.JobWithMetadata["state"];
  /** Why there will be no result; null if nothing speaks against one. */
  readonly reason: string | null;
}

export interface QueueOptions {
  /** A job that was taken, and not heard of for so long, is handed out again. */
  readonly expireInSeconds: number;
  /** Whether to look for such jobs; one process that does is enough. */
  readonly supervise: boolean;
}

/** The queues of a database: pg-boss's, with what it has no words for. */
export class JobQueue {
  private constructor(
    private readonly database: Database,
    private readonly boss: PgBoss,
    private readonly options: QueueOptions,
    private readonly construction: string,
  ) {}

  /**
   * @throws DatabaseError if the tables are of a newer version, or cannot be made.
   */
  static async open(database: Database, options: QueueOptions): Promise<JobQueue> {
    try {
      const { default: Boss } = await optionalPackage("pg-boss", () => import("pg-boss"));
      const construction = Boss.getConstructionPlans(SCHEMA);
      await requireKnownVersion(database, construction);
      const boss = new Boss({
        db: { executeSql: (text: string, values: unknown[]) => database.executeSql(text, values) },
        schema: SCHEMA,
        schedule: false,
        supervise: options.supervise,
        // Half of it, so that a lost job waits for half of its time again at most.
        maintenanceIntervalSeconds: Math.max(1, Math.round(options.expireInSeconds / 2)),
      });
      // Of its upkeep, which is tried again; what matters is thrown where it is awaited.
      boss.on("error", () => {});
      await boss.start();
      return new JobQueue(database, boss, options, construction);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** The queue that a job stands in. */
  static of({ base }: Pick<StudyJob, "base">): string {
    return `${OURS}${baseHash(base).slice(0, 16)}`;
  }

  /**
   * Adds jobs that are to be done, those again that a queue holds as done or given up. One that waits or is
   * being done is not added twice.
   */
  async add(jobs: readonly QueuedJob[]): Promise<void> {
    const sorted = [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (let tries = 1; ; tries++) {
      try {
        return await this.addSorted(sorted);
      } catch (error) {
        // Dropped while they were filled.
        if (!isGone(error) || tries === 3) throw error;
      }
    }
  }

  private async addSorted(sorted: readonly QueuedJob[]): Promise<void> {
    await this.requireTables();
    for (const [name, ofQueue] of byQueue(sorted)) {
      await this.boss.createQueue(name);
      for (let from = 0; from < ofQueue.length; from += AT_ONCE) {
        const some = ofQueue.slice(from, from + AT_ONCE);
        await this.database.executeSql(
          `DELETE FROM ${SCHEMA}.job WHERE name = $1 AND id = ANY($2::uuid[]) AND state > 'active'`,
          [name, some.map(({ id }) => id)],
        );
        // Of a study that was ended: what it says of paths may no longer be so.
        await this.database.executeSql(
          `UPDATE ${SCHEMA}.job SET data = given.data::jsonb
           FROM unnest($2::uuid[], $3::text[]) AS given (id, data)
           WHERE name = $1 AND job.id = given.id AND state <= 'active' AND job.data <> given.data::jsonb`,
          [name, some.map(({ id }) => id), some.map(({ job }) => JSON.stringify(job))],
        );
        await this.boss.insert(
          some.map(({ id, job }) => ({
            ...{ id, name, data: job },
            ...{ retryLimit: RETRIES, expireInSeconds: this.options.expireInSeconds },
          })),
        );
      }
    }
  }

  /** Queues of this version with jobs that wait, and how many. */
  async waiting(): Promise<ReadonlyMap<string, number>> {
    return new Map(
      (await this.waitingRows())
        .filter(({ name }) => name.startsWith(OURS))
        .map((row) => [row.name, row.count]),
    );
  }

  /** Versions of tslens whose jobs wait here and that this one does not do. */
  async otherVersions(): Promise<string[]> {
    const names = (await this.waitingRows()).map(({ name }) => name);
    const versions = names
      .filter((name) => name.startsWith(`${PREFIX}-`) && !name.startsWith(OURS))
      .map((name) => name.slice(PREFIX.length + 1).replace(/-[0-9a-f]+$/, ""));
    return [...new Set(versions)];
  }

  private async waitingRows(): Promise<{ name: string; count: number }[]> {
    const { rows } = await this.sql(
      `SELECT name, count(*)::int AS count FROM ${SCHEMA}.job
       WHERE state < 'active' AND start_after < now() GROUP BY name ORDER BY name`,
      [],
    );
    return rows;
  }

  /**
   * Takes jobs from a queue, those that share the most together. One that was lost before comes alone.
   *
   * @returns those that can be read, and what is wrong with others
   */
  async take(queue: string, most: number): Promise<{ jobs: TakenJob[]; unreadable: string[] }> {
    const [first] = await this.fetch(queue, 1);
    if (first === undefined) return { jobs: [], unreadable: [] };
    const isAlone = first.retryCount > 0 || most < 2;
    const rows = isAlone ? [first] : [first, ...(await this.fetch(queue, most - 1))];
    const read = rows.map((row) => ({ row, job: jobIn(row.data, queue) }));
    return {
      jobs: read.flatMap(({ row, job }) => (job === null ? [] : [takenJob(row, job)])),
      unreadable: read.flatMap(({ row, job }) => (job === null ? [row.id] : [])),
    };
  }

  private fetch(queue: string, batchSize: number): Promise<PgBoss.JobWithMetadata[]> {
    return this.boss.fetch(queue, { batchSize, includeMetadata: true, priority: false }) as never;
  }

  /** A job's file is there. */
  async complete(queue: string, ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.ended("complete", queue, ids, {});
  }

  /** There will be no result, however often it is tried. */
  async giveUp(queue: string, ids: readonly string[], reason: string): Promise<void> {
    if (ids.length > 0) await this.ended("complete", queue, ids, { reason });
  }

  /** The process that computed was lost: another one is to try, unless that happened too often. */
  async lost(queue: string, ids: readonly string[], reason: string): Promise<void> {
    if (ids.length > 0) await this.ended("fail", queue, ids, { reason });
  }

  private async ended(
    how: "complete" | "fail",
    queue: string,
    ids: readonly string[],
    output: { readonly reason?: string },
  ): Promise<void> {
    // Its types know an output for one job only.
    const boss = this.boss as unknown as Record<
      typeof how,
      (queue: string, ids: readonly string[], output: object) => Promise<unknown>
    >;
    await unlessGone(boss[how](queue, [...ids], output));
  }

  /** Gives jobs back that were taken and not tried. */
  async giveBack(queue: string, ids: readonly string[], afterSeconds = 0): Promise<void> {
    if (ids.length === 0) return;
    await this.sql(
      `UPDATE ${SCHEMA}.job SET started_on = NULL, start_after = now() + $3 * interval '1s',
       state = (CASE WHEN retry_count > 0 THEN 'retry' ELSE 'created' END)::${SCHEMA}.job_state
       WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active'`,
      [queue, ids, afterSeconds],
    );
  }

  /** Says that jobs are still being done, so that nobody else takes them. */
  async touch(queue: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.sql(
      `UPDATE ${SCHEMA}.job SET started_on = now()
       WHERE name = $1 AND id = ANY($2::uuid[]) AND state = 'active'`,
      [queue, ids],
    );
  }

  /** Where rows are, by id; one that is gone is not among them. */
  async states(ids: readonly string[]): Promise<ReadonlyMap<string, JobState>> {
    const { rows } = await this.sql(
      `SELECT id, state, output->>'reason' AS reason, output->'value'->>'message' AS timeout
       FROM ${SCHEMA}.job WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    return new Map(
      rows.map(({ id, state, reason, timeout }) => [id, { state, reason: reason ?? timeout }]),
    );
  }

  /** Looks now for jobs that are not heard of. */
  async expire(): Promise<void> {
    await (this.boss as unknown as { expire(): Promise<void> }).expire();
  }

  /** Ends the upkeep, then the database. */
  async close(): Promise<void> {
    await this.boss.stop({ graceful: false }).catch(() => {});
    await this.database.close();
  }

  /** Somebody may have dropped them since they were made. */
  private async requireTables(): Promise<void> {
    const installed = await this.boss.isInstalled();
    if (installed) return;
    await this.database.executeSql(this.construction).catch((error) => {
      // Another process was faster.
      if (!/already exists/.test((error as Error).message)) throw error;
    });
  }

  private async sql(text: string, values: readonly unknown[]) {
    return (await unlessGone(this.database.executeSql(text, values))) ?? { rows: [] };
  }
}

/** What PostgreSQL says of a schema, a table, a type or a function that is not there. */
const GONE = new Set(["3F000", "42P01", "42704", "42883"]);

function isGone(error: unknown): boolean {
  return GONE.has((error as { code?: string }).code ?? "");
}

/** Somebody may drop the tables at any time: nothing waits then, and no row is there. */
async function unlessGone<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Whoever can write to the database can write anything there. */
function jobIn(data: unknown, queue: string): StudyJob | null {
  const { success, data: job } = studyJobSchema.safeParse(data);
  if (!success || job.tslens !== VERSION || job.job !== jobHash(job)) return null;
  return JobQueue.of(job) === queue ? job : null;
}

function takenJob(row: PgBoss.JobWithMetadata, job: StudyJob): TakenJob {
  // A numeric comes as a text.
  const expireInSeconds = Number(row.expireInSeconds);
  return { id: row.id, job, tries: row.retryCount, expireInSeconds };
}

function byQueue(jobs: readonly QueuedJob[]): ReadonlyMap<string, readonly QueuedJob[]> {
  const queues = new Map<string, QueuedJob[]>();
  for (const queued of jobs) {
    const name = JobQueue.of(queued.job);
    const there = queues.get(name);
    if (there) there.push(queued);
    else queues.set(name, [queued]);
  }
  return queues;
}

/** pg-boss itself takes newer tables for its own. */
async function requireKnownVersion(database: Database, construction: string): Promise<void> {
  const known = Number(/version\(version\) VALUES \('(\d+)'\)/.exec(construction)![1]);
  const { rows } = await database.executeSql(`SELECT to_regclass('${SCHEMA}.version') AS name`);
  if (!rows[0]?.name) return;
  const { rows: versions } = await database.executeSql(`SELECT version FROM ${SCHEMA}.version`);
  const found = Number(versions[0]?.version ?? known);
  if (found <= known) return;
  throw new DatabaseError("the queue's tables are of a newer version", {
    file: database.shown,
    found: `version ${found} in the schema "${SCHEMA}"`,
    expected: `at most ${known}`,
    remedy: "Update tslens, or use another database; the embedded one needs none.",
  });
}
