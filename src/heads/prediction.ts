import { headActivations } from "./head-activations";
import type { HeadActivation, HeadConfig } from "./head-config";
import type { HeadFiles } from "./load-head";

/**
 * Heads predict in float64: a patch often changes a prediction by less than the last digits of
 * float32, and slopes are made of such changes.
 */

/** A token head maps digits 0–9 onto the mean ± this many standard deviations. */
const SCALED_DEVIATIONS = 2;
const LARGEST_DIGIT = 9;

/**
 * A regression or classification head's prediction, in evaluation mode (no dropout).
 *
 * Regression: (hidden → activation →) linear, times `output_scale`. Classification: softmax over the
 * classes and the expected bin centre, or without bins the most probable class's number.
 *
 * @param features `[n][d_model]`
 * @returns n predictions, in the units of the target activation
 */
export function predictFromFeatures(
  { config, tensors }: Pick<HeadFiles, "config" | "tensors">,
  features: readonly ArrayLike<number>[],
): number[] {
  if (config.headType === "token") throw new Error("a token head reads logits, not features");
  const { hidden } = config.head;
  const hiddenLayer = hidden && linearLayer(tensors, "hidden");
  const outputLayer = linearLayer(tensors, "output");
  const outputs = features.map((input) =>
    outputLayer(hiddenLayer ? activated(hiddenLayer(input), hidden.activation) : input),
  );
  if (config.headType === "regression") {
    const { outputScale } = config.head;
    return outputs.map(([output]) => output * outputScale);
  }
  const centres = binCentres(config);
  return outputs.map((logits) =>
    centres ? expectedValue(softmax(logits), centres) : argmax(logits),
  );
}

/**
 * A token head's prediction: softmax over the ten digit tokens' logits, the expected digit, and if
 * the configuration has the target's mean and standard deviation, [0, 9] mapped onto mean ± 2 std.
 *
 * @param digitLogits `[n][10]`, logits of the tokens "0" to "9"
 */
export function predictFromDigitLogits(
  config: HeadConfig,
  digitLogits: readonly ArrayLike<number>[],
): number[] {
  const digits = digitLogits.map((logits) => {
    const probabilities = softmax(logits);
    return expectedValue(probabilities, [...probabilities.keys()]);
  });
  const { activationMean: mean, activationStd: std } = config;
  if (mean === null || std === null) return digits;
  const lowest = mean - SCALED_DEVIATIONS * std;
  const width = 2 * SCALED_DEVIATIONS * std;
  return digits.map((digit) => lowest + (digit / LARGEST_DIGIT) * width);
}

/**
 * Whether predictions are in the activation's units. A classification head without bins predicts a class's
 * number, a token head without the activation's mean and standard deviation a digit.
 */
export function predictsActivation(config: HeadConfig): boolean {
  if (config.headType === "classification") return config.binEdges !== null;
  if (config.headType === "regression") return true;
  return config.activationMean !== null && config.activationStd !== null;
}

/** By how much a token head's prediction rises from one digit to the next. */
export function digitScale({ activationMean, activationStd }: HeadConfig): number {
  if (activationMean === null || activationStd === null) return 1;
  return (2 * SCALED_DEVIATIONS * activationStd) / LARGEST_DIGIT;
}

/** PyTorch's `Linear`: weight · x + bias. */
export function linearLayer(
  tensors: HeadFiles["tensors"],
  name: string,
): (x: ArrayLike<number>) => Float64Array {
  const { data: weight, shape } = tensors.get(`${name}.weight`)!;
  const { data: bias } = tensors.get(`${name}.bias`)!;
  const [outputs, inputs] = shape;
  return (x) => {
    const result = new Float64Array(outputs);
    for (let output = 0; output < outputs; output++) {
      let sum = bias[output];
      const start = output * inputs;
      for (let input = 0; input < inputs; input++) sum += weight[start + input] * x[input];
      result[output] = sum;
    }
    return result;
  };
}

export function activated(values: Float64Array, activation: HeadActivation): Float64Array {
  return values.map(headActivations[activation]);
}

/**
 * Centres of a classification head's bins, `(edge[i] + edge[i + 1]) / 2`; null without bins. If
 * classes and bins differ in number, as many as there are of both.
 */
export function binCentres(config: HeadConfig): number[] | null {
  if (config.headType !== "classification" || !config.binEdges) return null;
  const edges = config.binEdges;
  const count = Math.min(edges.length - 1, config.head.numClasses);
  return Array.from({ length: count }, (_, i) => (edges[i] + edges[i + 1]) / 2);
}

export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** Sum of values times their probabilities, as far as there are values. */
export function expectedValue(probabilities: readonly number[], values: readonly number[]): number {
  return values.reduce((sum, value, i) => sum + value * probabilities[i], 0);
}

function argmax(values: Float64Array): number {
  return values.indexOf(Math.max(...values));
}
