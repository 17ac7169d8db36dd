import assert from "node:assert/strict";
import { it } from "node:test";
import {
  allocateElements,
  DTYPE_BYTES,
  DTYPES,
  type Dtype,
  encodeElements,
  type TensorData,
} from "../../src/checkpoints/dtypes";

const ALL_16_BITS = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);

function decodeElements(dtype: Dtype, bytes: Uint8Array): TensorData {
  const memory = allocateElements(dtype, bytes.length / DTYPE_BYTES[dtype]);
  memory.bytes.set(bytes);
  return memory.finish();
}

/** IEEE 754 by its definition: sign, exponent and fraction as powers of two. */
function ieee754(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

it("every float16 and bfloat16 is widened exactly and narrowed back to the same bits", () => {
  for (const [dtype, exponentBits, fractionBits] of [
    ["float16", 5, 10],
    ["bfloat16", 8, 7],
  ] as const) {
    const data = decodeElements(dtype, ALL_16_BITS) as Float32Array;
    assert.equal(data.buffer.byteLength, 4 * 65_536);
    for (let bits = 0; bits < 65_536; bits++) {
      const expected = ieee754(bits, exponentBits, fractionBits);
      if (!Object.is(data[bits], expected))
        assert.fail(`${dtype} ${bits}: ${data[bits]}, ${expected}`);
    }
    assert.deepEqual(encodeElements(dtype, data), ALL_16_BITS);
  }
});

it("narrowing refuses values that need more bits", () => {
  const refused = {
    float16: [1 + 2 ** -11, 65_520, 2 ** -25, 1e-30, 2 ** -24 * 1.5, 1e30],
    bfloat16: [1 + 2 ** -8, 1e-45, 3.4e38],
  } as const;
  for (const [dtype, values] of Object.entries(refused)) {
    for (const value of values) {
      const data = new Float32Array([value]);
      assert.equal(encodeElements(dtype as "float16", data), undefined, `${dtype} ${value}`);
    }
  }
});

it("elements of every type keep their bytes", () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => 7 * i + 1);
  for (const dtype of DTYPES) {
    const input = dtype === "bool" ? bytes.map((byte) => byte % 2) : bytes;
    const data = decodeElements(dtype, input);
    assert.equal(data.length, 16 / DTYPE_BYTES[dtype], dtype);
    assert.deepEqual(encodeElements(dtype, data), input, dtype);
  }
});

it("integers and float64 are read little-endian", () => {
  const bytes = Uint8Array.of(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
  assert.deepEqual([...decodeElements("int64", bytes)], [-2n]);
  assert.deepEqual([...decodeElements("int32", bytes)], [-2, -1]);
  assert.deepEqual([...decodeElements("int16", bytes)], [-2, -1, -1, -1]);
  assert.deepEqual([...decodeElements("int8", bytes)].slice(0, 2), [-2, -1]);
  assert.deepEqual([...decodeElements("uint8", bytes)].slice(0, 2), [254, 255]);
  assert.deepEqual([...decodeElements("bool", bytes)].slice(0, 2), [1, 1]);
  const one = Uint8Array.of(0, 0, 0, 0, 0, 0, 0xf0, 0x3f);
  assert.deepEqual([...decodeElements("float64", one)], [1]);
});
