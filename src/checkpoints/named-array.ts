import { CheckpointError } from "../errors";
import type { Dtype, TensorData } from "./dtypes";

/** One tensor as it stood in a file. */
export interface NamedArray {
  /** The element type in the file. */
  readonly dtype: Dtype;
  /** Sizes of the axes; empty for a scalar. */
  readonly shape: readonly number[];
  /** The elements in row-major order. `float16` and `bfloat16` are widened to float32, `bool` is 0 or 1. */
  readonly data: TensorData;
}

/**
 * The elements as float32, as PyTorch's `.float()` would give them.
 *
 * float16, bfloat16, bool and 8- and 16-bit integers are exact; float64 is rounded to the nearest float32; wider
 * integers must be exact. A float32 array is returned as it is, not copied.
 *
 * @param array - The tensor.
 * @param where - Says in an error which tensor it was, such as `head.pt: "output.weight"`.
 * @throws CheckpointError if a finite float64 is too large for float32, or an integer is not exactly a float32.
 */
export function toFloat32(array: NamedArray, where: string): Float32Array {
  const { data } = array;
  if (data instanceof Float32Array) return data;
  const result = new Float32Array(data.length);
  const isFloat = data instanceof Float64Array;
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    const single = Math.fround(Number(value));
    if (!(isFloat ? isRounded(single, value as number) : isExact(single, value))) {
      throw new CheckpointError(`${where}: element ${i} does not fit into float32`, {
        found: `${value} (${array.dtype})`,
        expected: isFloat
          ? "a magnitude up to 3.4028235e38"
          : "an integer that float32 holds exactly",
        remedy: "Save the tensor as float32.",
      });
    }
    result[i] = single;
  }
  return result;
}

function isRounded(single: number, value: number): boolean {
  return Number.isFinite(single) || !Number.isFinite(value);
}

function isExact(single: number, value: number | bigint): boolean {
  return typeof value === "bigint" ? BigInt(single) === value : single === value;
}
