import { lineIntervals } from "../../analysis/over-prompts";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { activationRounding, changePoints, whyNoLine } from "../../patching/change-line";
import type { CleanRuns } from "../../patching/clean-runs";
import { patchHead } from "../../patching/head-experiment";
import type { Patch } from "../../patching/patch-kinds";
import type { ScalingExperiment } from "../../patching/scaling-experiment";
import { isConstant } from "../../stats/is-constant";
import { largestMagnitude } from "../../stats/largest-magnitude";
import { quantile } from "../../stats/quantile";
import type { QuantileExperiment } from "./evidence";

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
  { baseline, distinct }: Pick<ScalingExperiment, "baseline" | "distinct">,
  clean: CleanRuns,
): Promise<QuantileExperiment> {
  const activation = distinct.map((prompt) => baseline.activation[prompt]);
  const values = PROBABILITIES.map((probability) =>
    Math.fround(quantile(activation, probability)!),
  );
  const reason = isConstant(activation, activation.map(activationRounding))
    ? "the activation is the same on every prompt: its quantiles change nothing"
    : null;
  const patches = values.map((value): Patch => ["set", value]);
  const experiment = await patchHead(head, prompts, reason === null ? patches : [], { clean });
  const { baseline: own, patched, rounding } = experiment;
  const isDistinct = new Set(distinct);
  const points = changePoints(patched, own, rounding).filter(
    (point) => point.activation !== 0 && isDistinct.has(point.prompt),
  );
  return {
    reason,
    near_zero: nearZeroPrompts(baseline.activation),
    probabilities: [...PROBABILITIES],
    values,
    runs: patched.map(({ patch, ...run }) => ({ patch: [...patch], ...run })),
    ...lineIntervals(points, reason ?? whyNoLine(head, experiment)),
  };
}
