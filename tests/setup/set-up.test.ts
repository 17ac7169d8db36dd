import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const projectRoot = join(__dirname, "..", "..");

test("a second set-up has nothing to do", () => {
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", 'import { setUp } from "./scripts/setup.mjs"; await setUp();'],
    { cwd: projectRoot, encoding: "utf8" },
  );
  assert.equal(status, 0);
  assert.match(stdout, /ready after [\d.]+ s; tensor engine: /);
  assert.doesNotMatch(stdout, /…/, "a step was done again");
});

test("the kernel starts with the Node that set it up, from this project", () => {
  const spec = JSON.parse(
    readFileSync(join(projectRoot, ".tslens/jupyter/kernels/tslab/kernel.json"), "utf8"),
  );
  const [node, option, script, tslab] = spec.argv;
  assert.equal(node, process.execPath);
  assert.equal(option, "--require");
  for (const file of [script, tslab]) {
    assert.ok(file.startsWith(projectRoot) && existsSync(file), file);
  }
  assert.match(tslab, /tslab$/);
});
