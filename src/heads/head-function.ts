import type { HookPointName } from "../model/hook-names";
import { hookPoint } from "../model/hook-points";
import type { BoundHead } from "./bind-head";
import { digitLogits } from "./digit-logits";
import { featureGradient, softmaxSlopes } from "./feature-gradient";
import { binCentres, digitScale, predictFromDigitLogits, predictFromFeatures } from "./prediction";
import { predictionRounding } from "./prediction-rounding";

/** A head as a function of the residual stream that it reads, in float64. */
export interface HeadFunction {
  /** The hook whose last measured position is the argument: what the head was trained on. */
  readonly features: HookPointName;
  /** Predictions, in the units of the target activation, from features `[n][d_model]`. */
  predict(features: readonly ArrayLike<number>[]): number[];
  /** By how much each of these predictions may be off by rounding alone. */
  rounding(features: readonly ArrayLike<number>[]): number[];
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
  const { files, reads } = head;
  const { config } = files;
  if (config.headType === "token") return tokenFunction(head);
  const predict = (rows: readonly ArrayLike<number>[]) => predictFromFeatures(files, rows);
  const rounding = (rows: readonly ArrayLike<number>[]) => predictionRounding(files, rows);
  const features = reads[0];
  if (config.headType === "classification" && !binCentres(config)) {
    const whyNoGradient = "the head has no bin_edges, so it predicts a class's number, in steps";
    return { features, predict, rounding, gradient: null, whyNoGradient };
  }
  const gradient = (row: ArrayLike<number>) => featureGradient(files, row);
  return { features, predict, rounding, gradient, whyNoGradient: null };
}

function tokenFunction(head: BoundHead): HeadFunction {
  const { config } = head.files;
  const { cfg } = head.model;
  const read = digitLogits(head);
  const logits = (rows: readonly ArrayLike<number>[]) => rows.map((row) => read.logits(row));
  return {
    features: hookPoint(["resid_post", -1], cfg).name,
    predict: (rows) => predictFromDigitLogits(config, logits(rows)),
    rounding: (rows) => predictionRounding(head.files, logits(rows)),
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
