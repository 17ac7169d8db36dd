import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, it } from "node:test";
import { openEmbeddedDatabase } from "../../src/study/embedded-database";
import { temporaryFolder } from "../checkpoints/temporary-folder";

const PACKAGE = join(__dirname, "../../node_modules/@electric-sql/pglite/package.json");

const before = process.env.TSLENS_CACHE;
after(() => {
  if (before === undefined) delete process.env.TSLENS_CACHE;
  else process.env.TSLENS_CACHE = before;
});
const folder = temporaryFolder();

/** It is empty, whoever used it before, and works. */
async function use(): Promise<void> {
  const database = await openEmbeddedDatabase();
  try {
    const { rows } = await database.executeSql(
      "CREATE TABLE heads (name text); INSERT INTO heads VALUES ('a'); SELECT * FROM heads",
    );
    assert.deepEqual(rows, [{ name: "a" }]);
  } finally {
    await database.close();
  }
}

it("the embedded database is kept empty, and made again where what was kept is broken", async () => {
  process.env.TSLENS_CACHE = folder;
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8"));
  const kept = join(folder, "database", `pglite-${version}.tar.gz`);
  mkdirSync(join(folder, "database"));
  writeFileSync(kept, "cut off");
  await use();
  const { size, mtimeMs } = statSync(kept);
  assert.ok(size > 1_000_000);
  await use();
  assert.equal(statSync(kept).mtimeMs, mtimeMs);
});
