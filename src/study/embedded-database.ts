import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { cacheFolder } from "../display/cache-folder";
import { atomicWrite } from "../files/atomic-write";
import type { Database } from "./database";
import { optionalPackage } from "./optional-package";

const NAME = "@electric-sql/pglite";
const load = () => import("@electric-sql/pglite");
type Embedded = Awaited<ReturnType<typeof load>>["PGlite"];

/**
 * A PostgreSQL in this process and its memory (PGlite): nothing to start, and nothing that a killed process
 * leaves half. What is lost with it is made again from the files that are missing.
 */
export async function openEmbeddedDatabase(): Promise<Database> {
  const { PGlite } = await optionalPackage(NAME, load);
  const database = await openEmpty(PGlite);
  return {
    shown: "the embedded database",
    async executeSql(text, values) {
      try {
        if (values?.length) return await database.query(text, [...values]);
        const results = await database.exec(text);
        return { rows: results.at(-1)?.rows ?? [] };
      } catch (error) {
        // A transaction that failed half-way would hold up the next.
        await database.exec("ROLLBACK").catch(() => {});
        throw error;
      }
    },
    close: () => database.close(),
  };
}

/** An empty database takes seconds to make, and a fifth of that to unpack: the first one is kept. */
async function openEmpty(PGlite: Embedded): Promise<InstanceType<Embedded>> {
  const file = await keptFile();
  if (file !== null) {
    try {
      const loadDataDir = new Blob([new Uint8Array(gunzipSync(readFileSync(file)))]);
      return await PGlite.create({ loadDataDir });
    } catch {
      // Not there yet, or broken: it is made.
    }
  }
  const database = await PGlite.create();
  if (file !== null) {
    const packed = gzipSync(await (await database.dumpDataDir("none")).arrayBuffer());
    // Without it the next study takes longer, and nothing else.
    await atomicWrite(file, packed).catch(() => {});
  }
  return database;
}

/** Where the empty database of this version of PGlite is kept; null where nothing can be. */
async function keptFile(): Promise<string | null> {
  try {
    const folder = dirname(dirname(require.resolve(NAME)));
    const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return join(await cacheFolder("database"), `pglite-${version}.tar.gz`);
  } catch {
    return null;
  }
}
