import { largestMagnitude } from "../stats/largest-magnitude";
import { featureGradient, softmaxSlopes } from "./feature-gradient";
import type { HeadFiles } from "./load-head";
import { activated, binCentres, digitScale, linearLayer } from "./prediction";

/** Distance from 1 to the next number: activations are float32, predictions are computed in float64. */
const [FLOAT32, FLOAT64] = [2 ** -23, Number.EPSILON];

/**
 * Recomputing activations in another order moved a prediction by up to 10 times the rounding of the
 * features that it reads, in models of 2 to 4 layers and up to 3,072 neurons.
 */
const MARGIN = 16;

/**
 * How far rounding alone can move a prediction, in its own units: a difference of two predictions that
 * is no larger says nothing.
 *
 * It is judged beside the terms that a prediction is the sum of, which may be much larger than the
 * prediction (a head whose weights cancel) or than what a patch changes.
 *
 * @param inputs `[n][size]` what is predicted from: features `[d_model]`, or a token head's ten digit logits
 * @returns `[n]`
 */
export function predictionRounding(
  files: HeadFiles,
  inputs: readonly ArrayLike<number>[],
): number[] {
  return inputs.map((input) => {
    const [float32, float64] = termSizes(files, input);
    return MARGIN * (FLOAT32 * float32 + FLOAT64 * float64);
  });
}

/** The size of what a prediction is made of, that was rounded to float32 and to float64. */
function termSizes(files: HeadFiles, input: ArrayLike<number>): [number, number] {
  const { config } = files;
  if (config.headType === "token") {
    const scale = digitScale(config);
    const digits = [...Array.from(input).keys()];
    const slopes = softmaxSlopes(input, digits).map((slope) => slope * scale);
    const largest = largestMagnitude(Array.from(input));
    const size = Math.abs(config.activationMean ?? 0) + Math.abs(scale) * digits.length;
    return [largest * Math.hypot(...slopes), size];
  }
  const centres = binCentres(config);
  // The number of a class is exact.
  if (config.headType === "classification" && !centres) return [0, 0];
  const gradient = featureGradient(files, input);
  const float32 = Math.hypot(...gradient.map((slope, j) => slope * input[j]));
  const outputs = outputSize(files, input);
  if (config.headType === "regression") {
    return [float32, Math.abs(config.head.outputScale) * outputs];
  }
  return [float32, largestMagnitude(centres!) * (1 + outputs)];
}

/** The largest sum of magnitudes that an output of the last layer is made of. */
function outputSize({ config, tensors }: HeadFiles, input: ArrayLike<number>): number {
  const hidden = config.headType === "token" ? null : config.head.hidden;
  const read = hidden
    ? activated(linearLayer(tensors, "hidden")(input), hidden.activation)
    : Float64Array.from(input);
  const { data: weight, shape } = tensors.get("output.weight")!;
  const { data: bias } = tensors.get("output.bias")!;
  const sums = Array.from({ length: shape[0] }, (_, output) =>
    read.reduce(
      (sum, value, j) => sum + Math.abs(weight[output * shape[1] + j] * value),
      Math.abs(bias[output]),
    ),
  );
  return largestMagnitude(sums);
}
