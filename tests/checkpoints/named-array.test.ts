import assert from "node:assert/strict";
import { it } from "node:test";
import type { Dtype, TensorData } from "../../src/checkpoints/dtypes";
import { toFloat32 } from "../../src/checkpoints/named-array";
import { assertRefused } from "./refusals";

const convert = (dtype: Dtype, data: TensorData) =>
  toFloat32({ dtype, shape: [data.length], data }, 'h.pt: "w"');

it("float32 is not copied", () => {
  const data = new Float32Array([1, NaN]);
  assert.equal(convert("float32", data), data);
});

it("float64 is rounded to the nearest, as PyTorch's .float()", () => {
  const converted = convert(
    "float64",
    new Float64Array([0.1, 1e-60, -Infinity, NaN, 3.4028235e38]),
  );
  assert.deepEqual(
    [...converted],
    [Math.fround(0.1), 0, -Infinity, NaN, Math.fround(3.4028235e38)],
  );
});

it("integers that float32 holds are exact", () => {
  assert.deepEqual(
    [...convert("int64", BigInt64Array.of(2n ** 24n, -(2n ** 62n), 3n))],
    [2 ** 24, -(2 ** 62), 3],
  );
  assert.deepEqual(
    [...convert("int32", Int32Array.of(-(2 ** 31), 16_777_218))],
    [-(2 ** 31), 16_777_218],
  );
  assert.deepEqual([...convert("int16", Int16Array.of(-32_768))], [-32_768]);
  assert.deepEqual([...convert("bool", Uint8Array.of(0, 1))], [0, 1]);
});

it("what float32 cannot hold is refused with its place", async () => {
  await assertRefused(
    () => convert("float64", new Float64Array([1, 1e39])),
    /h\.pt: "w": element 1 does not fit into float32; found 1e\+39 \(float64\).*float32/,
  );
  await assertRefused(
    () => convert("int64", BigInt64Array.of(2n ** 24n + 1n)),
    /found 16777217 \(int64\)/,
  );
  await assertRefused(() => convert("int64", BigInt64Array.of(2n ** 63n - 1n)), /element 0/);
  await assertRefused(() => convert("int32", Int32Array.of(2 ** 31 - 1)), /found 2147483647/);
});
