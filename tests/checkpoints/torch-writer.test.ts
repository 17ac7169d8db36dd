import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { BinaryFile } from "../../src/checkpoints/binary-file";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { writeStateDict } from "../../src/checkpoints/torch-writer";
import { readZipDirectory } from "../../src/checkpoints/zip-directory";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";
import { temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();

async function readAll(path: string): Promise<Map<string, NamedArray>> {
  const source = await openCheckpoint(path);
  const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
  source.close();
  return tensors;
}

async function entryOf(path: string, name: string): Promise<Uint8Array> {
  const file = new BinaryFile(path);
  const { start, size } = (await readZipDirectory(file)).get(name)!;
  const bytes = file.readBytes(start, size, name);
  file.close();
  return bytes;
}

it("what is written is read: every element type, scalars, empty tensors, 1,500 tensors", async () => {
  const path = join(folder, "all.pt");
  const tensors = await readAll(fixture("torch-files", "dtypes.pt"));
  for (const [name, array] of await readAll(fixture("torch-files", "views.pt"))) {
    tensors.set(name, array);
  }
  for (let i = 0; i < 1500; i++) {
    tensors.set(`t${i}`, { dtype: "float32", shape: [2], data: new Float32Array([i, -i]) });
  }
  await writeStateDict(path, tensors);
  assert.deepEqual(await readAll(path), tensors);

  await writeStateDict(path, new Map());
  assert.equal((await readAll(path)).size, 0);
});

// Bytes: data.pkl of the golden files, as PyTorch 2.13 wrote it.
it("writes the pickle that PyTorch writes, byte for byte", async () => {
  for (const name of ["zip", "bf16", "f16", "f64", "int64", "empty", "scalar_and_empty"]) {
    const golden = fixture("golden-a", "torch-files", `${name}.pt`);
    const path = join(folder, `${name}.pt`);
    await writeStateDict(path, await readAll(golden));
    assert.deepEqual(
      await entryOf(path, "archive/data.pkl"),
      await entryOf(golden, `${name}/data.pkl`),
      name,
    );
  }
});

it("the same tensors give the same bytes, in every time zone and under every name", async () => {
  const tensors = await readAll(fixture("golden-a", "torch-files", "zip.pt"));
  const here = join(folder, "here.pt");
  await writeStateDict(here, tensors);
  const expected = readFileSync(here);
  const script = `
    const { openCheckpoint } = require("./src/checkpoints/open-checkpoint");
    const { writeStateDict } = require("./src/checkpoints/torch-writer");
    (async () => {
      const source = await openCheckpoint(process.argv[1]);
      const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
      await writeStateDict(process.argv[2], tensors);
    })();`;
  for (const zone of ["Pacific/Kiritimati", "America/Los_Angeles"]) {
    const there = join(folder, `${zone.replace("/", "-")}.pt`);
    execFileSync(process.execPath, ["--import", "tsx", "-e", script, here, there], {
      cwd: join(__dirname, "..", ".."),
      env: { ...process.env, TZ: zone },
    });
    assert.ok(readFileSync(there).equals(expected), zone);
  }
});

it("refuses tensors that contradict themselves, and leaves the old file", async () => {
  const path = join(folder, "zip.pt");
  const before = readFileSync(path);
  const wrong: NamedArray = { dtype: "float32", shape: [2], data: new Float32Array(3) };
  await assertRefused(
    () => writeStateDict(path, new Map([["a", wrong]])),
    /does not fit its shape/,
  );
  assert.ok(readFileSync(path).equals(before));
});
