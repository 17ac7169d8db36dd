import assert from "node:assert/strict";
import { test } from "node:test";
import { runFolder, runName } from "../../src/heads/run-folders";

test("a run has the same name from its directory and from the folders in it", () => {
  const name = "neuron_l8_n481_20250422_173314";
  for (const path of [name, `${name}/`, `models/${name}/best_model`, `/a/${name}/final_model/`]) {
    assert.equal(runName(path), name, path);
  }
});

test("another folder is a run of its own", () => {
  assert.equal(runName("models/mine/checkpoint"), "checkpoint");
  assert.equal(runFolder("models/mine/checkpoint"), undefined);
  assert.equal(runFolder("models/mine/best_model/"), "best_model");
});
