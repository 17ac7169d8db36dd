import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ResultError } from "../../src/errors";
import { writeResult } from "../../src/experiments/write-result";
import { exampleLinearWeights, examplePatching } from "./example-results";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tslens-results-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const usual = "linear_weights_analysis_1_7.json";
const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const write = (changes: Parameters<typeof exampleLinearWeights>[0] = {}) =>
  writeResult(exampleLinearWeights(changes), { directory, name: "linear_weights_analysis" });

const other = {
  model_path: "models/neuron_l1_n7_20250423_090000",
  provenance: { ...exampleLinearWeights().provenance, head_sha256: "1".repeat(64) },
};

test("writes under the contract's name and makes the folder", async () => {
  const nested = join(directory, "a", "b");
  const { path, note } = await writeResult(examplePatching(), {
    directory: nested,
    name: "activation_patching",
  });
  assert.equal(path, join(nested, "activation_patching_1_7.json"));
  assert.equal(note, null);
  assert.deepEqual(read(path), examplePatching());
});

test("the same head replaces its earlier result", async () => {
  await write();
  const { path, note } = await write({ sim_with_input: 0.5 });
  assert.equal(path, join(directory, usual));
  assert.equal(note, null);
  assert.equal(read(path).sim_with_input, 0.5);
  assert.deepEqual(readdirSync(directory), [usual]);
});

test("equal results give equal bytes", async () => {
  const first = readFileSync((await write()).path);
  assert.deepEqual(readFileSync((await write()).path), first);
});

test("another head on the same neuron gets its run's name and says so", async () => {
  const first = await write();
  const before = readFileSync(first.path);
  const second = await write(other);
  const name = "linear_weights_analysis_1_7__neuron_l1_n7_20250423_090000.json";
  assert.equal(second.path, join(directory, name));
  assert.match(second.note!, /linear_weights_analysis_1_7\.json holds the result of another head/);
  assert.ok(second.note!.includes(name));
  assert.deepEqual(readFileSync(first.path), before);
  assert.equal(read(second.path).model_path, other.model_path);

  // Again, each to its own file.
  assert.equal((await write(other)).path, second.path);
  assert.equal((await write()).path, first.path);
  assert.equal(readdirSync(directory).length, 2);
});

test("three heads, two of them in folders of one name", async () => {
  const provenance = { ...other.provenance, head_sha256: "2".repeat(64) };
  const paths = [
    (await write()).path,
    (await write(other)).path,
    (await write({ model_path: "elsewhere/neuron_l1_n7_20250423_090000", provenance })).path,
  ];
  assert.equal(new Set(paths).size, 3);
  assert.match(paths[2]!, /__[0-9a-f]{8}\.json$/);
  assert.equal(read(paths[1]!).model_path, other.model_path);
});

test("best and final model of one run are two heads", async () => {
  const run = "models/neuron_l1_n7_20250422_173314";
  await write({ model_path: `${run}/best_model` });
  const { path } = await write({
    model_path: `${run}/final_model`,
    provenance: other.provenance,
  });
  assert.match(path, /_173314_final_model\.json$/);
});

test("the same head under another path: moved, or by its run instead of the folder inside", async () => {
  const run = "models/neuron_l1_n7_20250422_173314";
  for (const model_path of [run, `../${run}`, `${run}/best_model`, run]) {
    assert.equal((await write({ model_path })).note, null, model_path);
  }
  assert.deepEqual(readdirSync(directory), [usual]);
});

test("a head retrained in its place replaces its result", async () => {
  await write();
  assert.equal((await write({ provenance: other.provenance })).note, null);
});

test("a file that is no result is kept", async () => {
  for (const text of ["", "{", "[]", "null", '{"model_path": 3}']) {
    writeFileSync(join(directory, usual), text);
    const { path, note } = await write();
    assert.notEqual(path, join(directory, usual));
    assert.ok(note);
    assert.equal(readFileSync(join(directory, usual), "utf8"), text);
  }
});

test("a result of the Python scripts about the same head is replaced", async () => {
  const { model_path } = exampleLinearWeights();
  writeFileSync(join(directory, usual), JSON.stringify({ model_path }));
  assert.equal((await write()).note, null);
  assert.equal(read(join(directory, usual)).d_model, 2);
});

test("two heads at once: neither is lost", async () => {
  const written = await Promise.all([write(), write(other)]);
  assert.equal(new Set(written.map(({ path }) => path)).size, 2);
  const heads = written.map(({ path }) => read(path).model_path);
  assert.deepEqual(heads, [exampleLinearWeights().model_path, other.model_path]);
});

test("an invalid result writes nothing, not even the folder", async () => {
  const unmade = join(directory, "unmade");
  await assert.rejects(
    writeResult(exampleLinearWeights({ z_score_input: Number.NaN }), {
      directory: unmade,
      name: "linear_weights_analysis",
    }),
    /z_score_input/,
  );
  assert.ok(!existsSync(unmade));
});

test("a file where the folder should be, a folder where the file should be", async () => {
  const file = join(directory, "file");
  writeFileSync(file, "");
  for (const wrong of [file, join(file, "under")]) {
    await assert.rejects(
      writeResult(examplePatching(), { directory: wrong, name: "activation_patching" }),
      (error: Error) =>
        error instanceof ResultError &&
        error.file === wrong &&
        /a file stands where a folder must be/.test(error.message),
    );
  }
  mkdirSync(join(directory, usual));
  await assert.rejects(write(), /or a folder where a file must be/);
});

test("a read-only folder", {
  skip: process.getuid?.() === 0 && "root may write anywhere",
}, async () => {
  await chmod(directory, 0o555);
  try {
    await assert.rejects(write(), /no permission, or the disk is read-only; found EACCES/);
  } finally {
    await chmod(directory, 0o755);
  }
});
