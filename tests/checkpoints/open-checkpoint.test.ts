import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();

it("names files that are something else", async () => {
  const others: [content: string, reason: RegExp][] = [
    ["", /found an empty file/],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /Git LFS pointer.*git lfs pull/],
    ["<!DOCTYPE html><html></html>", /a web page/],
    ["GGUF\x03\x00\x00\x00", /a GGUF file/],
    ["\x89HDF\r\n", /an HDF5 file/],
    ["\x93NUMPY\x01", /a NumPy file/],
    [`${"a".repeat(257)}ustar\0`, /a tar file/],
    ["what\nis this?", /starts "what\\nis "/],
  ];
  for (const [content, reason] of others) {
    const path = put(folder, "other.pt", Buffer.from(content, "latin1"));
    await assertRefused(() => openCheckpoint(path), reason);
  }
});

it("refuses what is not a file", async () => {
  await assertRefused(
    () => openCheckpoint(join(folder, "none.pt")),
    /none\.pt: there is no such file/,
  );
  await assertRefused(() => openCheckpoint(folder), /not a regular file/);
});

it("does not wait for a named pipe", { skip: process.platform === "win32" }, async () => {
  const pipe = join(folder, "pipe.pt");
  execFileSync("mkfifo", [pipe]);
  await assertRefused(() => openCheckpoint(pipe), /not a regular file/);
});
