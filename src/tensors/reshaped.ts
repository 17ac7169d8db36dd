import * as tf from "@tensorflow/tfjs-core";

/**
 * The tensor in that shape, and itself where it has it already: an operation of the engine costs as much
 * as a small product. Call it in a tidy, and dispose neither alone.
 */
export function reshaped<R extends tf.Rank>(x: tf.Tensor, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const isSame =
    x.shape.length === shape.length && x.shape.every((size, axis) => size === shape[axis]);
  return isSame ? (x as tf.Tensor<R>) : tf.reshape(x, shape);
}
