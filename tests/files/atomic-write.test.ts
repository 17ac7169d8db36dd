import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { atomicWrite } from "../../src/files/atomic-write";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslens-write-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("writes a new file and replaces an old one, leaving nothing beside it", async () => {
  const file = join(folder, "a.json");
  assert.equal(await atomicWrite(file, "one ä\n"), true);
  assert.equal(await atomicWrite(file, "two\n"), true);
  assert.equal(readFileSync(file, "utf8"), "two\n");
  assert.deepEqual(readdirSync(folder), ["a.json"]);
});

test("does not replace when told not to", async () => {
  const file = join(folder, "a.json");
  assert.equal(await atomicWrite(file, "one", { replace: false }), true);
  assert.equal(await atomicWrite(file, "two", { replace: false }), false);
  assert.equal(readFileSync(file, "utf8"), "one");
  assert.deepEqual(readdirSync(folder), ["a.json"]);
});

test("of many that want a free name at once, one gets it", async () => {
  const file = join(folder, "a.json");
  const taken = await Promise.all(
    Array.from({ length: 20 }, (_, i) => atomicWrite(file, `${i}`, { replace: false })),
  );
  assert.equal(taken.filter(Boolean).length, 1);
  assert.equal(readFileSync(file, "utf8"), String(taken.indexOf(true)));
});

test("a reader never sees a part", async () => {
  const file = join(folder, "a.json");
  const texts = ["a", "b"].map((letter) => letter.repeat(200_000));
  writeFileSync(file, texts[0]!);
  let writing = true;
  const writer = (async () => {
    for (let i = 0; i < 20; i++) {
      await atomicWrite(file, async (put) => {
        put(Buffer.from(texts[i % 2]!.slice(0, 100_000)));
        await new Promise((resolve) => setImmediate(resolve));
        put(Buffer.from(texts[i % 2]!.slice(100_000)));
      });
    }
    writing = false;
  })();
  while (writing) {
    assert.ok(texts.includes(readFileSync(file, "utf8")));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writer;
});

test("a failure leaves the old file and no temporary one", async () => {
  await assert.rejects(atomicWrite(join(folder, "no/a.json"), "x"), {
    code: "ENOENT",
  });
  assert.deepEqual(readdirSync(folder), []);
});
