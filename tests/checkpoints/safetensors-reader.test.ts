import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { fixture } from "../golden";
import { assertRefused } from "./refusals";
import { put, temporaryFolder } from "./temporary-folder";
import { bytesOf, uint64 } from "./torch-file-bytes";

const folder = temporaryFolder();

function file(header: unknown, data: Uint8Array = new Uint8Array(0)): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  return put(folder, "x.safetensors", bytesOf(uint64(json.length), json, data));
}

const EIGHT_BYTES = new Uint8Array(new Float32Array([1, 2]).buffer);

it("reads a file of Hugging Face's library", () => {
  // nano-sort/README.md: a 3-layer model of 48 units.
  const source = openSafetensors(fixture("nano-sort", "base-model", "model.safetensors"));
  const wte = source.read("transformer.wte.weight");
  assert.equal(wte.dtype, "float32");
  assert.deepEqual(source.info("transformer.wte.weight").shape, wte.shape);
  assert.equal(wte.data.length, wte.shape[0] * wte.shape[1]);
  assert.equal(wte.data.buffer.byteLength, wte.data.byteLength);
  source.close();
});

it("reads every element type, empty tensors, scalars, metadata and spaces after the header", () => {
  const header = {
    __metadata__: { format: "pt" },
    h: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
    b: { dtype: "BF16", shape: [1, 2], data_offsets: [4, 8] },
    none: { dtype: "I64", shape: [3, 0], data_offsets: [8, 8] },
    one: { dtype: "BOOL", shape: [], data_offsets: [8, 9] },
  };
  // 1 and −2 in both two-byte formats, then true.
  const data = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0x00, 0xc0, 1);
  const source = openSafetensors(file(`${JSON.stringify(header)}   `, data));
  assert.deepEqual(source.names, ["h", "b", "none", "one"]);
  assert.deepEqual(source.read("h").data, new Float32Array([1, -2]));
  assert.deepEqual(source.read("b"), {
    dtype: "bfloat16",
    shape: [1, 2],
    data: new Float32Array([1, -2]),
  });
  assert.deepEqual(source.read("none").data, new BigInt64Array(0));
  assert.deepEqual(source.read("one"), { dtype: "bool", shape: [], data: Uint8Array.of(1) });
  source.close();
});

it("reads tensors named as JavaScript's own keys", () => {
  const tensor = (at: number) => ({ dtype: "U8", shape: [1], data_offsets: [at, at + 1] });
  const names = ["__proto__", "constructor", "toString"];
  const header = `{${names.map((name, i) => `"${name}":${JSON.stringify(tensor(i))}`).join(",")}}`;
  const source = openSafetensors(file(header, Uint8Array.of(1, 2, 3)));
  assert.deepEqual(
    names.map((name) => source.read(name).data[0]),
    [1, 2, 3],
  );
  source.close();
});

it("passes over tensors of types that it does not read until they are asked for", async () => {
  // Bits of an element: https://github.com/huggingface/safetensors (Dtype::bitsize).
  const codes = { F4: 4, F6_E2M3: 6, F6_E3M2: 6, F8_E4M3: 8, F8_E4M3FNUZ: 8, F8_E5M2: 8 };
  const more = { F8_E5M2FNUZ: 8, F8_E8M0: 8, U16: 16, U32: 32, U64: 64, C64: 64 };
  for (const [code, bits] of Object.entries({ ...codes, ...more })) {
    const header = {
      odd: { dtype: code, shape: [2, 4], data_offsets: [0, bits] },
      good: { dtype: "U8", shape: [1], data_offsets: [bits, bits + 1] },
    };
    const data = new Uint8Array(bits + 1).fill(7);
    const source = openSafetensors(file(header, data));
    assert.deepEqual(source.names, ["good"]);
    assert.deepEqual([...source.unreadable], [["odd", code]]);
    assert.deepEqual(source.read("good").data, Uint8Array.of(7));
    const reason = new RegExp(`"odd" is of a kind that is not supported; found ${code}, expected`);
    await assertRefused(() => source.read("odd"), reason);
    await assertRefused(() => source.info("odd"), reason);
    source.close();
  }
});

describe("refuses", () => {
  const a = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const headers: [what: string, reason: RegExp, header: unknown, data?: Uint8Array][] = [
    ["a list", /not a JSON object/, []],
    ["a number", /not a JSON object/, 5],
    ["spaces before the header", /not a JSON object/, " {}"],
    ["no JSON", /not JSON in UTF-8; found "\{what\\nis this"/, "{what\nis this"],
    ["deep nesting", /nested too deeply; found 5 levels/, '{"a":[[[['],
    ["a tensor that is a number", /"a": its description is not an object; found 1/, { a: 1 }],
    ["no dtype", /"a": its dtype is not supported; found nothing/, { a: {} }],
    ["a dtype that is none", /"F9", expected F64/, { a: { ...a, dtype: "F9" } }],
    [
      "bytes that do not fit a dtype that is not read",
      /found 8, expected 2 bytes for F8_E4M3 \[2\]/,
      { a: { ...a, dtype: "F8_E4M3" } },
    ],
    ["half a byte", /found 8, expected 7\.5 bytes/, { a: { ...a, shape: [15], dtype: "F4" } }],
    ["a dtype of another kind", /dtype.*found 1/, { a: { ...a, dtype: 1 } }],
    ["no shape", /"a": its shape is not a list/, { a: { ...a, shape: undefined } }],
    ["a negative size", /shape.*found \[-2\]/, { a: { ...a, shape: [-2] } }],
    ["half a size", /shape.*found \[1\.5\]/, { a: { ...a, shape: [1.5] } }],
    ["a size that is a text", /shape/, { a: { ...a, shape: ["2"] } }],
    ["too many elements to count", /shape/, { a: { ...a, shape: [2 ** 52, 2 ** 52] } }],
    [
      "sizes whose product is 0 only at the end",
      /shape/,
      { a: { ...a, shape: [2 ** 52, 2 ** 52, 0] } },
    ],
    ["one offset", /data_offsets/, { a: { ...a, data_offsets: [0] } }],
    ["offsets in the wrong order", /outside the file/, { a: { ...a, data_offsets: [8, 0] } }],
    ["negative offsets", /outside the file/, { a: { ...a, data_offsets: [-8, 0] } }],
    [
      "offsets beyond the file",
      /outside the file; found \[0,9\], expected within \[0,8\]/,
      { a: { ...a, data_offsets: [0, 9] } },
    ],
    ["offsets beyond 2⁵³", /data_offsets/, { a: { ...a, data_offsets: [0, 1e300] } }],
    [
      "bytes that do not fit the shape",
      /found 8, expected 12 bytes for float32 \[3\]/,
      { a: { ...a, shape: [3] } },
    ],
    ["overlapping tensors", /"b" overlaps/, { a, b: a }],
    ["a hole", /"a" leaves a hole/, { a: { dtype: "F32", shape: [1], data_offsets: [4, 8] } }],
    [
      "bytes after the last tensor",
      /after the last tensor; found \d+ bytes/,
      { a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } },
    ],
    [
      "one name twice",
      /"a" twice/,
      '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
    ],
    ["metadata that is no map", /__metadata__/, { __metadata__: [], a }],
    ["metadata of numbers", /__metadata__/, { __metadata__: { a: 1 }, a }],
  ];
  for (const [what, reason, header, data = EIGHT_BYTES] of headers) {
    it(what, () => assertRefused(() => openSafetensors(file(header, data)), reason));
  }

  it("a header longer than the file or than any header", async () => {
    for (const length of [3n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
      const path = put(folder, "x.safetensors", bytesOf(uint64(length), "{}"));
      await assertRefused(
        () => openSafetensors(path),
        /header is too long; found \d+ bytes, expected at most 2/,
      );
    }
  });

  it("text that is not UTF-8", async () => {
    const path = put(folder, "x.safetensors", bytesOf(uint64(6), '{"', 0xff, '":1}'.slice(0, 3)));
    await assertRefused(() => openSafetensors(path), /UTF-8/);
  });

  it("a file cut short at every byte", async () => {
    const whole = readFileSync(file({ a }, EIGHT_BYTES));
    for (let length = 0; length < whole.length; length++) {
      const path = put(folder, "cut.safetensors", whole.subarray(0, length));
      await assertRefused(() => openSafetensors(path), /cut\.safetensors: /);
    }
  });

  it("a file that becomes shorter after it was opened", async () => {
    const path = file({ a }, EIGHT_BYTES);
    const source = openSafetensors(path);
    put(folder, "x.safetensors", "");
    await assertRefused(() => source.read("a"), /become shorter/);
    source.close();
  });
});
