import type { Database } from "./database";
import { optionalPackage } from "./optional-package";

/**
 * A PostgreSQL in this process and its memory (PGlite): nothing to start, and nothing that a killed process
 * leaves half. What is lost with it is made again from the files that are missing.
 */
export async function openEmbeddedDatabase(): Promise<Database> {
  const { PGlite } = await optionalPackage(
    "@electric-sql/pglite",
    () => import("@electric-sql/pglite"),
  );
  const database = await PGlite.create();
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
