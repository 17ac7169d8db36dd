import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { shown } from "./shown";

/**
 * Part of an axis, as TransformerLens's `Slice`: one index, which drops the axis; some indices; or a
 * range `start ≤ i < end`. Negative indices count from the end.
 */
export type AxisSlice =
  | number
  | readonly number[]
  | { readonly start?: number; readonly end?: number };

/**
 * Takes part of an axis; the whole of it if `slice` is undefined.
 *
 * @throws InputError if an index is out of range or nothing is left.
 */
export function sliceAxis(
  tensor: tf.Tensor,
  axis: number,
  slice: AxisSlice | null | undefined,
  what: string,
): tf.Tensor {
  if (slice === undefined || slice === null) return tensor;
  const length = tensor.shape[axis];
  const index = (i: number) => checkIndex(i, length, what);
  if (typeof slice === "number") return tf.squeeze(part(tensor, axis, index(slice), 1), [axis]);
  if (isList(slice)) {
    if (slice.length === 0) throw new InputError(`${what} chooses nothing`);
    return tf.gather(tensor, tf.tensor1d(Array.from(slice, index), "int32"), axis);
  }
  const { start, end } = checkRange(slice, length, what);
  return part(tensor, axis, start, end - start);
}

function isList(slice: Exclude<AxisSlice, number>): slice is readonly number[] {
  return Array.isArray(slice);
}

function part(tensor: tf.Tensor, axis: number, start: number, size: number): tf.Tensor {
  const begin = tensor.shape.map((_, i) => (i === axis ? start : 0));
  return tf.slice(
    tensor,
    begin,
    tensor.shape.map((whole, i) => (i === axis ? size : whole)),
  );
}

function checkIndex(index: number, length: number, what: string): number {
  const fromStart = Number.isInteger(index) && index < 0 ? index + length : index;
  if (Number.isInteger(index) && fromStart >= 0 && fromStart < length) return fromStart;
  throw new InputError(`${what} is out of range`, {
    found: shown(index),
    expected: `a whole number from ${-length} to ${length - 1}`,
  });
}

function checkRange(slice: unknown, length: number, what: string): { start: number; end: number } {
  const isRange = typeof slice === "object";
  const { start = 0, end = length } = slice as { start?: number; end?: number };
  const clamp = (i: number) => Math.min(Math.max(i < 0 ? i + length : i, 0), length);
  const isWhole = Number.isInteger(start) && Number.isInteger(end);
  if (isRange && isWhole && clamp(start) < clamp(end)) {
    return { start: clamp(start), end: clamp(end) };
  }
  throw new InputError(`${what} chooses nothing`, {
    found: shown(slice),
    expected: `an index, a list of them or {start, end} within ${length}`,
  });
}
