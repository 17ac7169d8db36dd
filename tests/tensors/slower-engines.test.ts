import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

const PROJECT = join(__dirname, "..", "..");

/** Runs the golden activations' test, and the patches', on another engine. */
function goldenTestsOn(engine: string, ...files: readonly string[]) {
  const { NODE_TEST_CONTEXT: _nested, ...env } = process.env;
  return spawnSync(
    process.execPath,
    [
      ...["--import", "tsx", "--test"],
      ...["model/golden-activations.test.ts", ...files].map((file) => join(PROJECT, "tests", file)),
    ],
    { cwd: PROJECT, encoding: "utf8", env: { ...env, TSLENS_ENGINE: engine } },
  );
}

describe("without the native library", () => {
  for (const engine of ["wasm", "cpu"]) {
    it(`the ${engine} engine gives the same numbers and says that it is slow`, () => {
      const { status, stdout, stderr } = goldenTestsOn(
        engine,
        ...(engine === "wasm" ? ["patching/experiments.test.ts"] : []),
      );
      assert.equal(status, 0, stdout + stderr);
      assert.match(
        stdout + stderr,
        /large matrix products take (3 to 5|more than 100) times as long/,
      );
    });
  }

  it("a GPU's engine that is not installed is said with what to install", () => {
    const { status, stdout } = goldenTestsOn("gpu");
    assert.notEqual(status, 0);
    assert.match(stdout, /no tensor engine could be loaded; found gpu: Cannot find module/);
    assert.match(stdout, /npm install @tensorflow\/tfjs-node-gpu@4\.22\.0/);
  });

  it("an engine that does not exist is refused by name", () => {
    const { status, stdout } = goldenTestsOn("abacus");
    assert.notEqual(status, 0);
    assert.match(stdout, /TSLENS_ENGINE names no engine; found "abacus"/);
  });
});
