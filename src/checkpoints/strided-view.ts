import type { TensorData } from "./dtypes";

/** Whether a view's elements stand one after the other, in row-major order. Axes of length 1 have any stride. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/**
 * The elements of a strided view in row-major order.
 *
 * @param source - Starts with the view's first element and holds all of it.
 * @param allAxes - Their sizes, none of them 0.
 * @param allStrides - Steps in `source`, in elements.
 */
export function gather(
  source: TensorData,
  allAxes: readonly number[],
  allStrides: readonly number[],
): TensorData {
  // Axes of length 1 would only be counted through, for each element.
  const shape = allAxes.filter((size) => size !== 1);
  const strides = allStrides.filter((_, axis) => allAxes[axis] !== 1);
  const count = shape.reduce((product, size) => product * size, 1);
  const result = new (source.constructor as new (count: number) => Float32Array)(count);
  const from = source as Float32Array;
  const rowLength = shape.at(-1) ?? 1;
  const rowStride = strides.at(-1) ?? 1;
  const outer = shape.length - 1;
  const index = new Array<number>(Math.max(outer, 0)).fill(0);
  let start = 0;
  for (let to = 0; to < count; ) {
    for (let i = 0; i < rowLength; i++) result[to++] = from[start + i * rowStride];
    // The next row: count the outer index on, carrying from the last axis.
    for (let axis = outer - 1; axis >= 0; axis--) {
      start += strides[axis];
      if (++index[axis] < shape[axis]) break;
      start -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
  return result;
}
