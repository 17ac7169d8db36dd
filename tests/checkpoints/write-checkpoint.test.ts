import assert from "node:assert/strict";
import { lstatSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { writeCheckpoint } from "../../src/checkpoints/write-checkpoint";
import { CheckpointError } from "../../src/errors";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";

it("leaves the old file and nothing else when writing fails", async () => {
  const folder = temporaryFolder();
  const path = put(folder, "a", "old");
  const fails = (error: Error) =>
    writeCheckpoint(path, async (write) => {
      write(Buffer.from("new"));
      throw error;
    });
  await assertRefused(
    () => fails(new Error("out of luck")),
    /cannot be written; found out of luck/,
  );
  await assertRefused(() => fails(new CheckpointError("as it is")), /^as it is$/);
  assert.equal(readFileSync(path, "utf8"), "old");
  assert.deepEqual(readdirSync(folder), ["a"]);
});

it("replaces the file, piece after piece", async () => {
  const folder = temporaryFolder();
  const path = put(folder, "a", "old");
  await writeCheckpoint(path, (write) => {
    write(Buffer.from("ne"));
    write(Buffer.from("w"));
  });
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.deepEqual(readdirSync(folder), ["a"]);
});

it("writes through a link", { skip: process.platform === "win32" }, async () => {
  const folder = temporaryFolder();
  const path = put(folder, "a", "old");
  symlinkSync(path, join(folder, "link"));
  await writeCheckpoint(join(folder, "link"), (write) => write(Buffer.from("new")));
  assert.equal(readFileSync(path, "utf8"), "new");
  assert.ok(lstatSync(join(folder, "link")).isSymbolicLink());
});

it("says so when the folder is not there or no folder", async () => {
  const folder = temporaryFolder();
  const write = (...parts: string[]) => writeCheckpoint(join(folder, ...parts), () => {});
  await assertRefused(
    () => write("none", "a"),
    /none.a: the file cannot be written; found ENOENT.*Check that its folder exists/,
  );
  put(folder, "file", "");
  await assertRefused(() => write("file", "a"), /file.a: the file cannot be written; found ENO/);
});
