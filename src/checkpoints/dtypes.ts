/**
 * The element types that tslens reads and writes, under PyTorch's names.
 *
 * Data is little-endian on disk and in memory; every platform that TensorFlow's Node package supports is
 * little-endian.
 */

/** PyTorch's name of an element type, without the leading `torch.`. */
export type Dtype =
  | "float64"
  | "float32"
  | "float16"
  | "bfloat16"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "uint8"
  | "bool";

/** What the elements are kept in: float16 and bfloat16 are widened to float32, which is exact. */
export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** Bytes of one element on disk. */
export const DTYPE_BYTES: Readonly<Record<Dtype, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

/** Bytes of one element in memory. */
export const MEMORY_BYTES: Readonly<Record<Dtype, number>> = {
  ...DTYPE_BYTES,
  float16: 4,
  bfloat16: 4,
};

/** The safetensors format's code of each element type. */
export const SAFETENSORS_CODES: Readonly<Record<Dtype, string>> = {
  float64: "F64",
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int64: "I64",
  int32: "I32",
  int16: "I16",
  int8: "I8",
  uint8: "U8",
  bool: "BOOL",
};

/** The class in module `torch` whose storages hold each element type. */
export const TORCH_STORAGE_CLASSES: Readonly<Record<Dtype, string>> = {
  float64: "DoubleStorage",
  float32: "FloatStorage",
  float16: "HalfStorage",
  bfloat16: "BFloat16Storage",
  int64: "LongStorage",
  int32: "IntStorage",
  int16: "ShortStorage",
  int8: "CharStorage",
  uint8: "ByteStorage",
  bool: "BoolStorage",
};

/** Every element type, in the order in which the safetensors format's reference implementation writes them. */
export const DTYPES: readonly Dtype[] = [
  "int64",
  "float64",
  "float32",
  "int32",
  "bfloat16",
  "float16",
  "int16",
  "int8",
  "uint8",
  "bool",
];

const DTYPE_OF_CODE: ReadonlyMap<string, Dtype> = new Map(
  DTYPES.map((dtype) => [SAFETENSORS_CODES[dtype], dtype]),
);

/** The safetensors format's other codes, with the bits of an element. */
const UNREAD_CODES: ReadonlyMap<string, number> = new Map([
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["F8_E4M3", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2", 8],
  ["F8_E5M2FNUZ", 8],
  ["F8_E8M0", 8],
  ["U16", 16],
  ["U32", 32],
  ["U64", 64],
  ["C64", 64],
]);

/** Bits of an element of a type that the safetensors format has and tslens does not read, else `undefined`. */
export function bitsOfUnreadCode(code: string): number | undefined {
  return UNREAD_CODES.get(code);
}

/** The element type with this safetensors code, or `undefined` for one that tslens does not read (`F8_E4M3`, `U16` …). */
export function dtypeOfSafetensorsCode(code: string): Dtype | undefined {
  return DTYPE_OF_CODE.get(code);
}

/** Gives memory for so many float32 numbers; what is in it does not matter. */
export type FloatAllocator = (count: number) => Float32Array;

/**
 * Memory for `count` elements, and where to put their bytes as they are on disk.
 *
 * Fill `bytes`, then call `finish` for the elements: nothing is copied. Two-byte floats are put into the second
 * half of their memory and widened from the front, so they need no second buffer either.
 *
 * @param floats - Gives the memory of elements that are float32, or widened to it.
 */
export function allocateElements(
  dtype: Dtype,
  count: number,
  floats: FloatAllocator = (count) => new Float32Array(count),
): { bytes: Uint8Array; finish: () => TensorData } {
  switch (dtype) {
    case "float64":
      return plain(new Float64Array(count));
    case "float32":
      return plain(floats(count));
    case "int64":
      return plain(new BigInt64Array(count));
    case "int32":
      return plain(new Int32Array(count));
    case "int16":
      return plain(new Int16Array(count));
    case "int8":
      return plain(new Int8Array(count));
    case "uint8":
      return plain(new Uint8Array(count));
    case "bool": {
      const data = new Uint8Array(count);
      return { bytes: data, finish: () => data.map((byte) => (byte === 0 ? 0 : 1)) };
    }
    case "float16":
      return halfWidth(floats(count), widenFloat16);
    case "bfloat16":
      return halfWidth(floats(count), widenBfloat16);
  }
}

/**
 * The little-endian bytes of these elements, sharing their memory except for two-byte floats.
 *
 * @returns `undefined` when a value is not exactly a float16 or bfloat16, as it was declared to be.
 */
export function encodeElements(dtype: Dtype, data: TensorData): Uint8Array | undefined {
  if (dtype === "float16") return narrow(data as Float32Array, float16Bits, widenFloat16);
  if (dtype === "bfloat16") return narrow(data as Float32Array, bfloat16Bits, widenBfloat16);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Whether `data` is the kind of array that elements of this type are kept in. */
export function holdsDtype(dtype: Dtype, data: TensorData): boolean {
  return data.constructor === allocateElements(dtype, 0).finish().constructor;
}

function plain(data: TensorData): { bytes: Uint8Array; finish: () => TensorData } {
  return {
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    finish: () => data,
  };
}

/** Float32 bits of one element, from its 16 bits. */
type Widen = (bits: number) => number;

function halfWidth(
  data: Float32Array,
  widen: Widen,
): { bytes: Uint8Array; finish: () => TensorData } {
  const { buffer, byteOffset, length: count } = data;
  const narrowBits = new Uint16Array(buffer, byteOffset + 2 * count, count);
  const wideBits = new Uint32Array(buffer, byteOffset, count);
  return {
    bytes: new Uint8Array(buffer, byteOffset + 2 * count, 2 * count),
    finish: () => {
      // Element i is written to bytes [4i, 4i + 4); the unread ones start at 2 · count + 2(i + 1) ≥ 4i + 4.
      for (let i = 0; i < count; i++) wideBits[i] = widen(narrowBits[i]);
      return data;
    },
  };
}

function widenBfloat16(bits: number): number {
  return bits << 16;
}

/** IEEE 754 binary16 → binary32: exponent bias 15 → 127, fraction 10 → 23 bits. */
function widenFloat16(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: fraction · 2⁻²⁴; its leading one becomes the implicit bit.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function bfloat16Bits(wide: number): number {
  return wide >>> 16;
}

/** The binary16 bits nearest to zero from this value; exact if the value is a binary16. */
function float16Bits(wide: number): number {
  const sign = (wide >>> 16) & 0x8000;
  const exponent = ((wide >>> 23) & 0xff) - 112;
  const fraction = wide & 0x7fffff;
  if (exponent >= 0x1f) return sign | 0x7c00 | (fraction >>> 13);
  if (exponent > 0) return sign | (exponent << 10) | (fraction >>> 13);
  const shift = 14 - exponent;
  return sign | (shift < 32 ? (fraction | 0x800000) >>> shift : 0);
}

function narrow(
  data: Float32Array,
  toNarrow: (wide: number) => number,
  widen: Widen,
): Uint8Array | undefined {
  const wideBits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const narrowBits = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    narrowBits[i] = toNarrow(wideBits[i]);
    if (widen(narrowBits[i]) >>> 0 !== wideBits[i]) return undefined;
  }
  return new Uint8Array(narrowBits.buffer);
}
