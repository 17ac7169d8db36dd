import type { BoundHead } from "../heads/bind-head";
import type { MeasuredPrompts } from "../heads/measured-prompts";
import type { Measurement } from "../patching/head-experiment";
import { patchHead } from "../patching/head-experiment";
import type { Patch } from "../patching/patch";
import type { QuantileExperiment } from "../results/patching-evidence";
import { isConstant } from "../stats/is-constant";
import { largestMagnitude } from "../stats/largest-magnitude";
import { quantile } from "../stats/quantile";
import { byPrompt, changeLine, changePoints, overPrompts, type PromptPoints } from "./over-prompts";
import type { RandomStreams } from "./random-streams";

/** An activation this much smaller than the largest one counts as zero: scaling it says nothing. */
const NEAR_ZERO = 1e-3;

const PROBABILITIES = [0.05, 0.25, 0.5, 0.75, 0.95] as const;

/** Prompts whose activation is so small beside the largest that scaling it says nothing. */
export function nearZeroPrompts(activations: readonly number[]): number[] {
  const largest = largestMagnitude(activations);
  return [...activations.keys()].filter((i) => Math.abs(activations[i]) <= NEAR_ZERO * largest);
}

/**
 * Sets the neuron to its own quantiles over the prompts, on each prompt: values that it takes, and a
 * change also where its activation is near zero and scaling changes nothing.
 */
export async function quantileExperiment(
  head: BoundHead,
  prompts: MeasuredPrompts,
  baseline: Measurement,
  streams: RandomStreams,
): Promise<QuantileExperiment> {
  const { activation } = baseline;
  const values = PROBABILITIES.map((probability) =>
    Math.fround(quantile(activation, probability)!),
  );
  const reason = isConstant(activation)
    ? "the activation is the same on every prompt: its quantiles change nothing"
    : null;
  const patches = values.map((value): Patch => ["set", value]);
  const { baseline: own, patched } = await patchHead(head, prompts, reason === null ? patches : []);
  const points = changePoints(
    patched.map((run) => run.activation),
    patched.map((run) => run.prediction),
    own,
  ).filter((point) => point.activation !== 0);
  const groups = byPrompt(points);
  const whyNone = reason ?? changeLine(points).reason;
  const interval = (key: "slope" | "intercept" | "r_squared") =>
    overPrompts(
      groups,
      (drawn: readonly PromptPoints[]) => changeLine(drawn.flat())[key],
      streams("bootstrap-quantiles"),
      whyNone,
    );
  return {
    reason,
    near_zero: nearZeroPrompts(activation),
    probabilities: [...PROBABILITIES],
    values,
    runs: patched.map(({ patch, ...run }) => ({ patch: [...patch], ...run })),
    slope: interval("slope"),
    intercept: interval("intercept"),
    r_squared: interval("r_squared"),
  };
}
