import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";
import { temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();
const path = join(folder, "x.safetensors");

const tensors = new Map<string, NamedArray>([
  ["flag", { dtype: "bool", shape: [], data: Uint8Array.of(1) }],
  ["half", { dtype: "float16", shape: [2], data: new Float32Array([0.5, -2]) }],
  ["wide", { dtype: "int64", shape: [1, 1], data: BigInt64Array.of(-(2n ** 62n)) }],
  ["none", { dtype: "float32", shape: [0, 4], data: new Float32Array(0) }],
  ["0", { dtype: "float32", shape: [3], data: new Float32Array([1, NaN, -Infinity]) }],
]);

it("what is written is read", async () => {
  await writeSafetensors(path, tensors, { b: "2", a: "ü" });
  const source = openSafetensors(path);
  assert.deepEqual(
    new Map(source.names.map((name) => [name, source.read(name)])),
    new Map(["0", "wide", "none", "half", "flag"].map((name) => [name, tensors.get(name)])),
  );
  source.close();
});

// Bytes: the file was written by Hugging Face's safetensors.
it("writes the bytes of the reference implementation", async () => {
  const original = fixture("golden-a", "weights_processed.safetensors");
  const source = openSafetensors(original);
  await writeSafetensors(path, new Map(source.names.map((name) => [name, source.read(name)])));
  source.close();
  assert.ok(readFileSync(path).equals(readFileSync(original)));
});

it("the same tensors give the same bytes, in whatever order they come", async () => {
  await writeSafetensors(path, tensors, { a: "1", b: "2" });
  const first = readFileSync(path);
  await writeSafetensors(path, new Map([...tensors].reverse()), { b: "2", a: "1" });
  assert.ok(readFileSync(path).equals(first));
});

it("starts the first tensor at a multiple of 8", async () => {
  for (const name of ["a", "ab", "abc", "abcdefgh"]) {
    await writeSafetensors(path, new Map([[name, tensors.get("half")!]]));
    assert.equal(Number(readFileSync(path).readBigUInt64LE()) % 8, 0);
  }
});

it("refuses tensors that contradict themselves", async () => {
  const write = (array: NamedArray, name = "a") => writeSafetensors(path, new Map([[name, array]]));
  const data = new Float32Array([1 / 3]);
  await assertRefused(
    () => write({ dtype: "float32", shape: [2], data }),
    /"a" does not fit its shape; found 1 elements, expected 2/,
  );
  await assertRefused(
    () => write({ dtype: "float32", shape: [-1], data }),
    /does not fit its shape/,
  );
  await assertRefused(
    () => write({ dtype: "float64", shape: [1], data }),
    /Float32Array, expected one for float64/,
  );
  await assertRefused(() => write({ dtype: "float16", shape: [1], data }), /not a float16/);
  await assertRefused(
    () => write({ dtype: "float32", shape: [1], data }, "__metadata__"),
    /cannot be named/,
  );
});
