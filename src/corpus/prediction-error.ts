import type { HeadConfig } from "../heads/head-config";
import { binCentres, predictFromDigitLogits } from "../heads/prediction";
import { binOf } from "../training/bin-edges";

/** How wrong a prediction is, on the head's own scale. */
export interface PredictionError {
  /** What the number is, in words. */
  readonly means: string;
  /** Of a prediction beside the activation: 0 where no prediction of this head could be closer. */
  of(activation: number, prediction: number): number;
}

/**
 * How a head's errors are measured: of a regression head |prediction − activation|; of a classification
 * head |expected bin centre − centre of the activation's bin|; of a token head |prediction − activation|,
 * where an activation beyond what the digits reach counts as the nearest that they do.
 *
 * @returns a text instead where prediction and activation have no common scale, saying why
 */
export function predictionError(config: HeadConfig): PredictionError | string {
  if (config.headType === "regression") {
    return { means: "|prediction − activation|", of: distance };
  }
  if (config.headType === "classification") {
    const [edges, centres] = [config.binEdges, binCentres(config)];
    if (!edges || !centres) {
      return "the head has no bin_edges: it predicts a class's number, and no activation";
    }
    const centreOf = (activation: number) =>
      centres[Math.min(binOf(activation, edges), centres.length - 1)];
    return {
      means: "|expected bin centre − centre of the activation's bin|",
      of: (activation, prediction) => distance(centreOf(activation), prediction),
    };
  }
  if (config.activationMean === null || config.activationStd === null) {
    return "the head has no activation_mean and activation_std: it predicts a digit, and no activation";
  }
  const [low, high] = [0, 9].map((digit) => certain(config, digit)).sort((a, b) => a - b);
  return {
    means: "|prediction − activation|, the activation as near as the digits reach",
    of: (activation, prediction) => distance(Math.min(Math.max(activation, low), high), prediction),
  };
}

function distance(a: number, b: number): number {
  return Math.abs(a - b);
}

/** What a token head predicts when it is certain of a digit. */
function certain(config: HeadConfig, digit: number): number {
  const logits = Array.from({ length: 10 }, (_, i) => (i === digit ? 0 : -1e3));
  return predictFromDigitLogits(config, [logits])[0];
}
