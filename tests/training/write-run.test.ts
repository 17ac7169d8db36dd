import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { runDirectoryName, writeRun } from "../../src/training/write-run";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";

const tensors = new Map([
  ["output.bias", { dtype: "float32", shape: [1], data: Float32Array.of(1) } as const],
]);
const content = { config: { a: 1 }, best: tensors, final: tensors, metrics: { r2: Number.NaN } };

test("a run is named after its layer, neuron and moment in UTC", () => {
  const moment = new Date("2025-04-22T17:33:14.999Z");
  assert.equal(runDirectoryName(8, 481, moment), "neuron_l8_n481_20250422_173314");
});

test("a run directory has both models and the metrics, in JSON without NaN", async () => {
  const folder = temporaryFolder();
  const directory = await writeRun(join(folder, "new", "models"), "run", content);
  assert.deepEqual(readdirSync(directory, { recursive: true }).sort(), [
    "best_model",
    join("best_model", "config.json"),
    join("best_model", "head.pt"),
    "final_model",
    join("final_model", "config.json"),
    join("final_model", "head.pt"),
    "training_metrics.json",
  ]);
  const json = (name: string) => JSON.parse(readFileSync(join(directory, name), "utf8"));
  assert.deepEqual(json("best_model/config.json"), { a: 1 });
  assert.deepEqual(json("training_metrics.json"), { r2: null });
  assert.deepEqual(readdirSync(join(folder, "new", "models")), ["run"]);
});

test("a run directory that is there already is left as it was", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "run"));
  await assert.rejects(writeRun(folder, "run", content), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.equal(error.file, join(folder, "run"));
    return true;
  });
  assert.deepEqual(readdirSync(folder, { recursive: true }), ["run"]);
});

test("nothing is left when writing fails half-way", async () => {
  const folder = temporaryFolder();
  const wrong = new Map([
    ["output.bias", { dtype: "float32", shape: [2], data: Float32Array.of(1) } as const],
  ]);
  await assert.rejects(writeRun(folder, "run", { ...content, final: wrong }), InputError);
  assert.deepEqual(readdirSync(folder), []);
  const file = put(folder, "file", "");
  await assert.rejects(writeRun(file, "run", content), InputError);
});
