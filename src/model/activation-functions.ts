import * as tf from "@tensorflow/tfjs-core";

/** Names as in Hugging Face's `activation_function`. */
export const ACTIVATION_FUNCTION_NAMES = [
  "gelu_new",
  "gelu_pytorch_tanh",
  "gelu_fast",
  "gelu",
  "gelu_python",
  "quick_gelu",
  "relu",
  "silu",
  "swish",
  "tanh",
] as const;

export type ActivationFunctionName = (typeof ACTIVATION_FUNCTION_NAMES)[number];

const TWICE_SQRT_2_OVER_PI = 2 * Math.sqrt(2 / Math.PI);

/** One operation after the other; what lies between is freed at once, it can be large. */
function inTurn(x: tf.Tensor, ...steps: ((x: tf.Tensor) => tf.Tensor)[]): tf.Tensor {
  return steps.reduce((value, step) => {
    const next = step(value);
    if (value !== x) value.dispose();
    return next;
  }, x);
}

/**
 * GELU by its tanh approximation (Hendrycks & Gimpel, arXiv:1606.08415), GPT-2's own:
 * ½x(1 + tanh u) with u = √(2/π)(x + 0.044715x³), computed as x·σ(2u), which is the same in fewer
 * steps.
 */
function geluTanh(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    inTurn(
      x,
      tf.square,
      (square) => tf.mul(square, 0.044715 * TWICE_SQRT_2_OVER_PI),
      (scaled) => tf.add(scaled, TWICE_SQRT_2_OVER_PI),
      (factor) => tf.mul(factor, x),
      tf.sigmoid,
      (share) => tf.mul(share, x),
    ),
  );
}

/** GELU in its exact form, x·Φ(x). */
function geluErf(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), tf.mul(x, 0.5)));
}

/** GELU by a sigmoid, x·σ(1.702x). */
function geluSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))));
}

function silu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)));
}

/** Elementwise activation functions, any shape to the same shape. */
export const activationFunctions: Record<ActivationFunctionName, (x: tf.Tensor) => tf.Tensor> = {
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_fast: geluTanh,
  gelu: geluErf,
  gelu_python: geluErf,
  quick_gelu: geluSigmoid,
  relu: (x) => tf.relu(x),
  silu,
  swish: silu,
  tanh: (x) => tf.tanh(x),
};
