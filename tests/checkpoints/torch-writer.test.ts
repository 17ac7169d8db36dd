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
  const { start, size } = (await directoryOf(path)).get(name)!;
  const file = new BinaryFile(path);
  const bytes = file.readBytes(start, size, name);
  file.close();
  return bytes;
}

async function directoryOf(path: string) {
  const file = new BinaryFile(path);
  const entries = await readZipDirectory(file);
  file.close();
  return entries;
}

/** The opcodes that PyTorch 1.13 runs of those that we write, and how long each is with its argument. */
const LENGTHS_OF_1_13: Readonly<Record<number, number | ((bytes: Buffer, at: number) => number)>> =
  {
    128: 2, // PROTO
    // GLOBAL
    99: (bytes, at) => bytes.indexOf("\n", bytes.indexOf("\n", at) + 1) + 1 - at,
    88: (bytes, at) => 5 + bytes.readUInt32LE(at + 1), // BINUNICODE
    138: (bytes, at) => 2 + bytes[at + 1], // LONG1
    74: 5, // BININT
    75: 2, // BININT1
    77: 3, // BININT2
    113: 2, // BINPUT
    114: 5, // LONG_BINPUT
    104: 2, // BINGET
    106: 5, // LONG_BINGET
    // EMPTY_TUPLE, MARK, TUPLE, TUPLE1 to TUPLE3, REDUCE, BINPERSID, NEWFALSE, SETITEM, SETITEMS
    ...Object.fromEntries(
      [41, 40, 116, 133, 134, 135, 82, 81, 137, 115, 117].map((code) => [code, 1]),
    ),
  };

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

// Expected: what torch/_weights_only_unpickler.py of PyTorch 1.13 can run, and its allow-list. (2.13 opened the same
// files with weights_only=True when this was written.)
it("writes what PyTorch 1.13 reads with weights_only=True: its opcodes, its names, its zip entries", async () => {
  const path = join(folder, "for-1.13.pt");
  const tensors = await readAll(fixture("torch-files", "dtypes.pt"));
  for (let i = 0; i < 300; i++) {
    tensors.set(`t${i}`, { dtype: "float32", shape: [70_000, 0], data: new Float32Array(0) });
  }
  await writeStateDict(path, tensors);

  const storages = ["Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte"];
  const names = new Set([
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    ...[...storages, "Bool"].map((name) => `torch ${name}Storage`),
  ]);
  const bytes = Buffer.from(await entryOf(path, "archive/data.pkl"));
  let opcodes = 0;
  for (let at = 0; bytes[at] !== 0x2e; opcodes++) {
    const length = LENGTHS_OF_1_13[bytes[at]];
    assert.ok(length !== undefined, `opcode 0x${bytes[at].toString(16)} at byte ${at}`);
    if (bytes[at] === 0x63) {
      const [module, name] = bytes.toString("latin1", at + 1, at + 100).split("\n");
      assert.ok(names.has(`${module} ${name}`), `${module}.${name}`);
    }
    at += typeof length === "number" ? length : length(bytes, at);
  }
  assert.ok(opcodes > 300 * 20);

  const entries = [...(await directoryOf(path)).keys()];
  assert.deepEqual(
    entries.filter((name) => !/^archive\/data\/\d+$/.test(name)),
    ["archive/data.pkl", "archive/byteorder", "archive/version"],
  );
  assert.equal(Buffer.from(await entryOf(path, "archive/version")).toString(), "3\n");
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
