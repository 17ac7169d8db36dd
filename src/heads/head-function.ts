import type { HookPointName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { BoundHead } from "./bind-head";
import { digitLogits } from "./digit-logits";
import { headActivationSlopes } from "./head-activations";
import type { HeadFiles } from "./load-head";
import {
  activated,
  binCentres,
  digitScale,
  expectedValue,
  linearLayer,
  predictFromDigitLogits,
  predictFromFeatures,
  softmax,
} from "./prediction";

/** A head as a function of the residual stream that it reads, in float64. */
export interface HeadFunction {
  /** The hook whose last measured position is the argument: what the head was trained on. */
  readonly features: HookPointName;
  /** Predictions, in the units of the target activation, from features `[n][d_model]`. */
  predict(features: readonly ArrayLike<number>[]): number[];
  /** `[d_model]` the prediction's gradient with respect to one position's features; null where `whyNoGradient` says so. */
  readonly gradient: ((features: ArrayLike<number>) => number[]) | null;
  /** Why there is no gradient; null where there is one. */
  readonly whyNoGradient: string | null;
}

/**
 * A head's prediction and its gradient with respect to the features, in closed form: through the
 * hidden layer's derivative, the softmax, and for a token head the final layer norm and the
 * unembedding.
 *
 * A classification head without bins predicts a class's number, which has no gradient.
 *
 * @example
 * const { features, gradient } = headFunction(head);
 * const [, cache] = head.model.runWithCache("Once upon a time", { namesFilter: features });
 * const last = cache.get(features).arraySync()[0].at(-1); // [d_model]
 * console.log(gradient(last).length);
 */
export function headFunction(head: BoundHead): HeadFunction {
  const { files, model, reads } = head;
  const { config } = files;
  if (config.headType === "token") return tokenFunction(head);
  const predict = (rows: readonly ArrayLike<number>[]) => predictFromFeatures(files, rows);
  const features = reads[0];
  if (config.headType === "classification" && !binCentres(config)) {
    const whyNoGradient = "the head has no bin_edges, so it predicts a class's number, in steps";
    return { features, predict, gradient: null, whyNoGradient };
  }
  const { d_model } = model.cfg;
  const gradient = (row: ArrayLike<number>) => featureGradient(files, row, d_model);
  return { features, predict, gradient, whyNoGradient: null };
}

function tokenFunction(head: BoundHead): HeadFunction {
  const { config } = head.files;
  const { cfg } = head.model;
  const read = digitLogits(head);
  return {
    features: hookPoint(["resid_post", -1], cfg).name,
    predict: (rows) =>
      predictFromDigitLogits(
        config,
        rows.map((row) => read.logits(row)),
      ),
    gradient(row) {
      const digits = [...head.digitTokens!.keys()];
      const factors = softmaxSlopes(read.logits(row), digits);
      return read.gradient(
        row,
        factors.map((factor) => factor * digitScale(config)),
      );
    },
    whyNoGradient: null,
  };
}

/** d expected / d logit: pᵢ (valueᵢ − expected); classes beyond the values count as value 0. */
function softmaxSlopes(logits: ArrayLike<number>, values: readonly number[]): number[] {
  const probabilities = softmax(logits);
  const expected = expectedValue(probabilities, values);
  return probabilities.map((p, i) => p * ((values[i] ?? 0) - expected));
}

function featureGradient(
  { config, tensors }: HeadFiles,
  row: ArrayLike<number>,
  d_model: number,
): number[] {
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
    d_model,
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
