import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";

// On Windows a shell script is no program, and PATH alone does not say which Python there is.
describe("what set-up says when Python is missing", { skip: process.platform === "win32" }, () => {
  const path = process.env.PATH;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tslens-path-"));
    process.env.PATH = folder;
  });

  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  /** A Python that gives its version, and fails to import what is named in `lacks`. */
  function putPython(version: string, lacks = "nothing") {
    const file = join(folder, "python3");
    const answer = `case "$*" in *${lacks}*) exit 1;; *) echo ${version};; esac`;
    writeFileSync(file, `#!/bin/sh\n${answer}\n`);
    chmodSync(file, 0o755);
  }

  async function findPython() {
    const python = await import("../../scripts/setup/python.mjs");
    return python.findPython();
  }

  test("no Python at all", async () => {
    await assert.rejects(
      findPython,
      /Python was not found: Jupyter needs Python 3\.10 or later\. Type `.+`/,
    );
  });

  test("one that is too old", async () => {
    putPython("3.9.18");
    await assert.rejects(findPython, /too old \(python3 is 3\.9\.18\).*Type `.+`/);
  });

  test("one without the venv module", async () => {
    putPython("3.11.2", "ensurepip");
    await assert.rejects(findPython, /3\.11\.2 is there, but its venv module is not.*Type `.+`/);
  });

  test("one that will do", async () => {
    putPython("3.10.1");
    assert.equal((await findPython()).version, "3.10.1");
  });
});
