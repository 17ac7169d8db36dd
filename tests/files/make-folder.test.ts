import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { makeFolder } from "../../src/files/make-folder";

describe("makeFolder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tslens-folder-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("makes a folder and those above it, and leaves one that is there", () => {
    for (let time = 0; time < 2; time++) makeFolder(join(folder, "a/b/c"));
    assert.ok(statSync(join(folder, "a/b/c")).isDirectory());
    makeFolder("/");
    makeFolder(".");
    symlinkSync("a", join(folder, "link"));
    makeFolder(join(folder, "link"));
    makeFolder(join(folder, "link/b/d/"));
    assert.ok(statSync(join(folder, "a/b/d")).isDirectory());
  });

  it("says that a file stands in the way", () => {
    writeFileSync(join(folder, "file"), "");
    symlinkSync("nowhere", join(folder, "link"));
    assert.throws(() => makeFolder(join(folder, "file")), { code: "EEXIST" });
    assert.throws(() => makeFolder(join(folder, "file/a")), { code: "ENOTDIR" });
    assert.throws(() => makeFolder(join(folder, "link")), { code: "EEXIST" });
  });

  // Node 20's mkdir with `recursive` never ends there.
  it("ends where the system makes none", { skip: process.platform !== "linux" }, () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        ...["--import", "tsx", "-e"],
        `const { makeFolder } = require("${join(__dirname, "..", "..", "src", "files", "make-folder.ts")}");
        for (const path of ["/proc/nope", "/proc/nope/a/b", "/sys/nope/a"]) {
          try { makeFolder(path); } catch ({ code }) { console.error(code); }
        }`,
      ],
      { cwd: join(__dirname, "..", ".."), encoding: "utf8", timeout: 30_000 },
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^ENOENT\nENOENT\n(EPERM|EACCES|ENOENT|EROFS)\n$/);
  });
});
