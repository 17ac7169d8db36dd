import { InputError } from "../errors";

/** Where a database is, and how to enter it. */
export interface DatabaseAddress {
  /** What a client connects by; may hold a password. */
  readonly url: string;
  /** The same for people: without password and options. */
  readonly shown: string;
}

const PROTOCOLS = new Set(["postgres:", "postgresql:"]);

/** By which names a URL's options give what must not stand on a command line. */
const SECRET_OPTIONS = ["password", "sslpassword", "passfile"];

const EXPECTED = "postgres://user@host:5432/database";
const REMEDY = "Give the password by PGPASSWORD, PGPASSFILE or the whole URL by TSLENS_DATABASE.";

/**
 * The database that was asked for: `--database`, whose password comes from the environment, or
 * TSLENS_DATABASE, which may hold one.
 *
 * @returns null if none was asked for
 * @throws InputError if it is no address of a PostgreSQL, or one on the command line holds a password: a
 *   command line is seen by every user of the machine. What was given is never repeated.
 */
export function databaseAddress(
  given: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): DatabaseAddress | null {
  const kept = environment.TSLENS_DATABASE || undefined;
  if (given === undefined) return kept === undefined ? null : addressOf(kept, "TSLENS_DATABASE");
  const url = parsed(given, "--database");
  const options = [...url.searchParams.keys()].map((name) => name.toLowerCase());
  if (url.password !== "" || SECRET_OPTIONS.some((name) => options.includes(name))) {
    throw new InputError("--database holds a password, which all users of this machine can see", {
      expected: EXPECTED,
      remedy: `${REMEDY} Change the password if others use this machine.`,
    });
  }
  if (kept !== undefined) {
    const whole = parsed(kept, "TSLENS_DATABASE");
    if (isSame(url, whole)) return addressOf(kept, "TSLENS_DATABASE");
  }
  return addressOf(given, "--database");
}

function addressOf(text: string, from: string): DatabaseAddress {
  const url = parsed(text, from);
  const user = url.username === "" ? "" : `${url.username}@`;
  return { url: text, shown: `${url.protocol}//${user}${url.host}${url.pathname}` };
}

/** Whether two addresses are of one database, for one user. */
function isSame(a: URL, b: URL): boolean {
  const place = ({ username, hostname, port, pathname }: URL) =>
    [username, hostname, port || "5432", pathname].join("\n");
  return place(a) === place(b);
}

function parsed(text: string, from: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && PROTOCOLS.has(url.protocol)) {
    // A password such as 12/ab, written as it is, ends the host's part: it would be shown as port and path.
    if (!`${url.pathname}${url.search}${url.hash}`.includes("@")) return url;
    throw new InputError(`${from} has an "@" after the host`, {
      expected: EXPECTED,
      remedy:
        'In a user\'s name or password write %2F for "/", %3F for "?", %23 for "#", %40 for "@".',
    });
  }
  throw new InputError(`${from} is not the address of a PostgreSQL`, {
    expected: EXPECTED,
    remedy: `${REMEDY} Without a database an embedded one is used.`,
  });
}
