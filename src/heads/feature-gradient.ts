import { headActivationSlopes } from "./head-activations";
import type { HeadFiles } from "./load-head";
import { activated, binCentres, expectedValue, linearLayer, softmax } from "./prediction";

/** d expected / d logit: pᵢ (valueᵢ − expected); classes beyond the values count as value 0. */
export function softmaxSlopes(logits: ArrayLike<number>, values: readonly number[]): number[] {
  const probabilities = softmax(logits);
  const expected = expectedValue(probabilities, values);
  return probabilities.map((p, i) => p * ((values[i] ?? 0) - expected));
}

/**
 * The gradient of a prediction with respect to the features.
 *
 * @param files of a regression head, or of a classification head with bins
 * @param row `[d_model]` one position's features
 * @returns `[d_model]`
 */
export function featureGradient({ config, tensors }: HeadFiles, row: ArrayLike<number>): number[] {
  if (config.headType === "token") throw new Error("a token head reads logits, not features");
  const { hidden } = config.head;
  const before = hidden && linearLayer(tensors, "hidden")(row);
  const input = hidden ? activated(before!, hidden.activation) : row;
  const logits = linearLayer(tensors, "output")(input);
  const factors =
    config.headType === "regression"
      ? [config.head.outputScale]
      : softmaxSlopes(logits, binCentres(config)!);
  const onInput = weighted(tensors.get("output.weight")!.data, factors, input.length);
  if (!hidden) return onInput;
  const slope = headActivationSlopes[hidden.activation];
  return weighted(
    tensors.get("hidden.weight")!.data,
    onInput.map((value, j) => value * slope(before![j])),
    row.length,
  );
}

/** factors · matrix: `[rows] · [rows, columns]` → `[columns]` */
function weighted(matrix: Float32Array, factors: readonly number[], columns: number): number[] {
  const sum = new Array<number>(columns).fill(0);
  factors.forEach((factor, row) => {
    for (let j = 0, at = row * columns; j < columns; j++, at++) sum[j] += factor * matrix[at];
  });
  return sum;
}
