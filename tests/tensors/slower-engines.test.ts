import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";

const PROJECT = join(__dirname, "..", "..");

/** Runs the golden activations' test on another engine. */
function goldenTestsOn(engine: string) {
  const { NODE_TEST_CONTEXT: _nested, ...env } = process.env;
  return spawnSync(
    process.execPath,
    ["--import", "tsx", "--test", join(PROJECT, "tests", "model", "golden-activations.test.ts")],
    { cwd: PROJECT, encoding: "utf8", env: { ...env, TSLENS_ENGINE: engine } },
  );
}

describe("without the native library", () => {
  for (const engine of ["wasm", "cpu"]) {
    it(`the ${engine} engine gives the same activations and says that it is slow`, () => {
      const { status, stdout, stderr } = goldenTestsOn(engine);
      assert.equal(status, 0, stdout + stderr);
      assert.match(
        stdout + stderr,
        /large matrix products take (3 to 5|more than 100) times as long/,
      );
    });
  }

  it("an engine that does not exist is refused by name", () => {
    const { status, stdout } = goldenTestsOn("abacus");
    assert.notEqual(status, 0);
    assert.match(stdout, /TSLENS_ENGINE names no engine; found "abacus"/);
  });
});
