import { measuredActivations } from "../../analysis/measured-activations";
import type { BoundHead } from "../../heads/bind-head";
import { headFunction } from "../../heads/head-function";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { cosineSimilarity } from "../../stats/cosine-similarity";
import { isConstant } from "../../stats/is-constant";
import { linearRegression } from "../../stats/linear-regression";
import { meanVector } from "../../stats/mean-vector";
import { vectorStatistics } from "../../stats/vector-statistics";
import type { GradientSummary } from "./similarity-evidence";

const NO_SPREAD = { mean: null, std: null, min: null, max: null };

/**
 * The gradient of a head's prediction with respect to its features on each prompt, in closed form, and
 * how far it is the same everywhere: how linear the head is over these prompts.
 *
 * @param linear `[d_model]` the head's linear weights
 * @param prompts or why there are none
 */
export function gradientSummary(
  head: BoundHead,
  prompts: MeasuredPrompts | string,
  linear: readonly number[],
): GradientSummary {
  const { features, predict, rounding, gradient, whyNoGradient } = headFunction(head);
  const isNone = typeof prompts === "string";
  const nothing: GradientSummary = {
    features,
    prompts: isNone ? [] : prompts.recorded(),
    reason: isNone ? prompts : whyNoGradient,
    mean: null,
    std: null,
    mean_norm: null,
    norm: NO_SPREAD,
    coherence: null,
    cosine_with_linear_weights: { ...NO_SPREAD, of_mean: null, by_prompt: [] },
    linear_r_squared: { linear_weights: null, mean_gradient: null },
  };
  if (isNone || nothing.reason !== null || gradient === null) return nothing;
  const rows = measuredActivations(head.model, prompts, features);
  const gradients = rows.map((row) => gradient(row));
  const once = prompts.distinct();
  const of = <T>(values: readonly T[]) => once.map((prompt) => values[prompt]);
  const { mean, std, mean_norm, norms, coherence } = meanVector(of(gradients));
  const byPrompt = gradients.map((one) => cosineSimilarity(one, linear));
  const predictions = of(predict(rows));
  const share = (vector: readonly number[]) =>
    shareAlong(vector, of(rows), predictions, of(rounding(rows)));
  return {
    ...nothing,
    mean,
    std,
    mean_norm,
    norm: spread(norms),
    coherence,
    cosine_with_linear_weights: {
      ...spread(of(byPrompt).filter((cosine) => cosine !== null)),
      of_mean: cosineSimilarity(mean, linear),
      by_prompt: byPrompt,
    },
    linear_r_squared: {
      linear_weights: share(linear),
      mean_gradient: share(mean),
    },
  };
}

function spread(values: readonly number[]): GradientSummary["norm"] {
  if (values.length === 0) return NO_SPREAD;
  const { mean, std, min, max } = vectorStatistics(values);
  return { mean, std, min, max };
}

/** R² of the predictions on the features' projection on a vector; null where one is constant. */
function shareAlong(
  vector: readonly number[],
  rows: readonly Float32Array[],
  predictions: readonly number[],
  rounding: readonly number[],
): number | null {
  const projections = rows.map((row) => vector.reduce((sum, value, j) => sum + value * row[j], 0));
  if (isConstant(projections) || isConstant(predictions, rounding)) return null;
  return linearRegression(projections, predictions).r_squared;
}
