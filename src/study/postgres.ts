import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { DatabaseError, InterruptedError } from "../errors";
import type { Database } from "./database";
import type { DatabaseAddress } from "./database-url";
import { optionalPackage } from "./optional-package";

export interface PostgresOptions {
  /** How long it may be away while it is in use. Default: 10 minutes. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
  /** Told once that it is away, and that it is back. */
  readonly onNote?: (line: string) => void;
}

/** A database that is not there at the start is not waited for long: the address may be wrong. */
const FIRST_PATIENCE_MS = 4_000;
const PATIENCE_MS = 10 * 60_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** A connection that says nothing for so long is taken for lost. */
const SILENCE_MS = 60_000;
const CONNECT_MS = 10_000;

/** Codes of Node's and PostgreSQL's that say it is away, not that the statement is wrong. */
const AWAY = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
  // Shut down by its administrator, by a crash, starting; and no connection left.
  ...["57P01", "57P02", "57P03", "53300"],
]);
/** Codes by which PostgreSQL ends one of several statements that wait for each other: another time it will do. */
const CONFLICTS = new Set(["40001", "40P01"]);
const AWAY_MESSAGES = /Connection terminated|timeout|connection.*(ended|closed)|not queryable/i;

/**
 * Connects to a PostgreSQL. A statement that finds it away is tried again until it is back, for some minutes:
 * the statements of a queue do no harm twice.
 *
 * @throws DatabaseError if it is not there, or refuses.
 */
export async function openPostgres(
  address: DatabaseAddress,
  { patienceMs = PATIENCE_MS, signal, onNote }: PostgresOptions = {},
): Promise<Database> {
  const { Client, Pool } = await optionalPackage("pg", () => import("pg"));
  const settings = {
    connectionString: address.url,
    application_name: "tslens",
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: SILENCE_MS,
    keepAlive: true,
  };
  let patience = FIRST_PATIENCE_MS;
  // Several statements may wait at once; it is said once.
  let isSaid = false;
  const persist = async <T>(work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    for (let tries = 1, pause = FIRST_PAUSE_MS; ; tries++) {
      try {
        const result = await work();
        if (isSaid) onNote?.(`the database at ${address.shown} answers again`);
        isSaid = false;
        return result;
      } catch (error) {
        const isConflict = CONFLICTS.has((error as { code?: string }).code ?? "");
        if (!isAway(error) && !isConflict) throw refused(error, address);
        if (signal?.aborted) throw new InterruptedError("interrupted while the database was away");
        const seconds = (performance.now() - started) / 1000;
        if (seconds * 1000 > patience) throw away(error, address, tries, seconds);
        if (tries === 2 && patience > FIRST_PATIENCE_MS && !isSaid && !isConflict) {
          isSaid = true;
          onNote?.(
            `the database at ${address.shown} is away (${reasonOf(error)}): it is tried again for ${Math.round(patience / 60_000)} minutes`,
          );
        }
      }
      await sleep(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  };
  await persist(() => enter(new Client(settings)));
  patience = patienceMs;
  const pool = new Pool({ ...settings, max: 4 });
  // Of connections that nobody uses just now: the next statement finds out.
  pool.on("error", () => {});
  const once = async (text: string, values?: readonly unknown[]) => {
    const client = await pool.connect();
    // Between statements nobody else listens.
    const ignore = () => {};
    client.on("error", ignore);
    try {
      const result = await client.query(text, values && [...values]);
      client.off("error", ignore);
      client.release();
      return { rows: (Array.isArray(result) ? result.at(-1) : result).rows ?? [] };
    } catch (error) {
      // A transaction may be left open in it.
      client.release(true);
      throw error;
    }
  };
  return {
    shown: address.shown,
    executeSql: (text, values) => persist(() => once(text, values)),
    close: () => pool.end(),
  };
}

/** Whether it lets one in. A client that lacks the password leaves its connection open until the server ends it. */
async function enter(client: Client): Promise<void> {
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    const { connection } = client as unknown as { connection: { stream: Socket } };
    connection.stream.destroy();
    throw error;
  }
}

function isAway(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return AWAY.has(code) || code.startsWith("08") || AWAY_MESSAGES.test(message);
}

/** Where a host has several addresses, Node's error is one of each, and its own message is empty. */
function reasonOf(error: unknown): string {
  const { code, message, errors } = error as Error & { code?: string; errors?: Error[] };
  return code ?? (message || errors?.map((one) => one.message).join("; ") || "no answer");
}

function away(
  cause: unknown,
  { shown }: DatabaseAddress,
  tries: number,
  seconds: number,
): DatabaseError {
  return new DatabaseError(`there is no answer from the database at ${shown}`, {
    found: `${reasonOf(cause)}, ${tries} times in ${Math.round(seconds)} s`,
    remedy:
      "Start it and run the same command again, which goes on where this one stopped; or leave --database out: the embedded one needs nothing to be started.",
    cause,
  });
}

/** Codes by which PostgreSQL refuses a user, a password or a database. */
const REFUSALS = new Set(["28000", "28P01", "3D000", "42501"]);

/** A statement that is wrong is the queue's affair; a door that is shut is the user's. */
function refused(cause: unknown, { shown }: DatabaseAddress): unknown {
  const { code = "", message } = cause as Error & { code?: string };
  const isPasswordMissing = /password must be a (non-empty )?string/.test(message);
  if (!REFUSALS.has(code) && !isPasswordMissing) return cause;
  return new DatabaseError(`the database at ${shown} refuses`, {
    found: isPasswordMissing ? "no password for it" : `${message} (${code})`,
    remedy:
      "Give the password by PGPASSWORD, PGPASSFILE or the whole URL by TSLENS_DATABASE, and a user that may create a schema.",
    cause,
  });
}
