import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { InputError } from "../../src/errors";
import { readTexts } from "../../src/training/read-texts";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";

const folder = temporaryFolder();

test("a file without blank lines holds one text per line", async () => {
  const file = put(folder, "lines.txt", "One.\n  Two. \nThree.\n");
  assert.deepEqual(await readTexts(file), ["One.", "Two.", "Three."]);
});

test("blank lines separate paragraphs, whose lines are joined", async () => {
  const file = put(folder, "paragraphs.txt", "One\r\nline.\r\n \r\n\r\nTwo.");
  assert.deepEqual(await readTexts(file), ["One line.", "Two."]);
  assert.deepEqual(await readTexts(file, { unit: "line" }), ["One", "line.", "Two."]);
});

test("a gzipped file is unpacked", async () => {
  const file = put(folder, "texts.txt.gz", gzipSync("Ä\nß"));
  assert.deepEqual(await readTexts(file), ["Ä", "ß"]);
});

test("a long run of spaces takes no time", async () => {
  const file = put(
    folder,
    "spaces.txt",
    `a${" ".repeat(1_000_000)}b\n\nc\n${" ".repeat(1_000_000)}d`,
  );
  const start = performance.now();
  assert.deepEqual(
    (await readTexts(file)).map((text) => text.length),
    [1_000_002, 3],
  );
  assert.ok(performance.now() - start < 5_000);
});

test("a file that is missing, empty, not UTF-8 or not gzipped is refused by name", async () => {
  const files = [
    `${folder}/missing.txt`,
    put(folder, "empty.txt", " \n\n"),
    put(folder, "latin1.txt", new Uint8Array([0xe4, 0x62])),
    put(folder, "plain.txt.gz", "not gzipped"),
    put(folder, "bomb.txt.gz", gzipSync(Buffer.alloc(100_000_000, "a\n"))),
    "/dev/zero",
  ];
  for (const file of files) {
    await assert.rejects(readTexts(file), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.file, file);
      return true;
    });
  }
});
