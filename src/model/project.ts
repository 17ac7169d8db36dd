import * as tf from "@tensorflow/tfjs-core";

/** x `[B, T, in]` times W `[in, out]` plus b `[out]`: one flat matrix product. */
export function project(x: tf.Tensor3D, W: tf.Tensor2D, b: tf.Tensor1D | null): tf.Tensor3D {
  const [B, T, inputs] = x.shape;
  return tf.tidy(() => {
    if (B === 1) {
      const product = tf.matMul<tf.Tensor3D>(x, W as tf.Tensor);
      return b ? tf.add(product, b) : product;
    }
    const product = tf.matMul(tf.reshape(x, [B * T, inputs]), W);
    return tf.reshape(b ? tf.add(product, b) : product, [B, T, W.shape[1]]);
  });
}
