import * as tf from "@tensorflow/tfjs-core";

/** Hugging Face's names of an `activation_function` (`ACT2FN`), but for those that have weights (`prelu`, `xielu`). */
export const ACTIVATION_FUNCTION_NAMES = [
  "gelu_new",
  "gelu_pytorch_tanh",
  "gelu_python_tanh",
  "gelu_fast",
  "gelu_accurate",
  "gelu",
  "gelu_python",
  "gelu_10",
  "quick_gelu",
  "relu",
  "relu2",
  "relu6",
  "leaky_relu",
  "silu",
  "swish",
  "hardswish",
  "mish",
  "tanh",
  "sigmoid",
  "laplace",
  "sqrtsoftplus",
  "linear",
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

/** Mish (Misra, arXiv:1908.08681), x·tanh(softplus(x)). */
function mish(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.tanh(tf.softplus(x))));
}

/** x·relu6(x + 3)/6 (Howard et al., arXiv:1905.02244). */
function hardSwish(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6)));
}

// biome-ignore lint/suspicious/noApproximativeNumericConstant: transformers has these six digits of √½ and of √(1/4π)
const LAPLACE_MEAN = 0.707107;
const LAPLACE_DEVIATION = 0.282095;

/** The normal distribution function that MEGA puts in the place of a squared ReLU (Ma et al., arXiv:2209.10655). */
function laplace(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const scaled = tf.div(tf.sub(x, LAPLACE_MEAN), LAPLACE_DEVIATION * Math.SQRT2);
    return tf.mul(tf.add(tf.erf(scaled), 1), 0.5);
  });
}

/** PyTorch's `LeakyReLU` without arguments. */
const LEAK = 0.01;

/** Elementwise activation functions, any shape to the same shape. */
export const activationFunctions: Record<ActivationFunctionName, (x: tf.Tensor) => tf.Tensor> = {
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu: geluErf,
  gelu_python: geluErf,
  gelu_10: (x) => tf.tidy(() => tf.clipByValue(geluErf(x), -10, 10)),
  quick_gelu: geluSigmoid,
  relu: (x) => tf.relu(x),
  relu2: (x) => tf.tidy(() => tf.square(tf.relu(x))),
  relu6: (x) => tf.relu6(x),
  leaky_relu: (x) => tf.leakyRelu(x, LEAK),
  silu,
  swish: silu,
  hardswish: hardSwish,
  mish,
  tanh: (x) => tf.tanh(x),
  sigmoid: (x) => tf.sigmoid(x),
  laplace,
  sqrtsoftplus: (x) => tf.tidy(() => tf.sqrt(tf.softplus(x))),
  linear: (x) => tf.clone(x),
};
