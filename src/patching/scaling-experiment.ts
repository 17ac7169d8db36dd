import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import { type LinearRegression, linearRegression } from "../stats/linear-regression";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import {
  type HeadExperimentOptions,
  type Measurement,
  type PatchedMeasurement,
  patchHead,
} from "./head-experiment";
import type { Patch } from "./patch";

/** Factors of the scaling experiment unless others are given. */
export const DEFAULT_SCALE_FACTORS: readonly number[] = [0, 0.5, 1, 1.5, 2];

export interface ScalingExperimentOptions extends HeadExperimentOptions {
  /** What the activation is multiplied by. */
  readonly factors?: readonly number[];
  /** Further patches to run in the same pass. */
  readonly patches?: readonly Patch[];
}

/** How one prompt's prediction follows its activation. */
export interface PromptFit {
  readonly slope: number | null;
  readonly intercept: number | null;
  readonly r2: number | null;
}

export interface ScalingExperiment {
  readonly scale_factors: number[];
  /** Unpatched, in prompt order. */
  readonly baseline: Measurement;
  /** Pearson's correlation of baseline activation and prediction; null if one is constant. */
  readonly baseline_correlation: number | null;
  /** One run a factor, in the order of `scale_factors`. */
  readonly scaling: PatchedMeasurement[];
  /** The further patches' runs, in their order. */
  readonly experiments: PatchedMeasurement[];
  /** Mean change of the activation over the prompts, a number a factor. */
  readonly avg_act_changes: number[];
  /** Mean change of the prediction over the prompts, a number a factor. */
  readonly avg_pred_changes: number[];
  /** Least squares of prediction change on activation change, all prompts and factors pooled. */
  readonly regression: LinearRegression;
  /** The same for each prompt alone, in prompt order. */
  readonly per_input: PromptFit[];
}

/**
 * Multiplies the target neuron's activation by each factor on each prompt and fits how the
 * prediction's change follows the activation's change.
 *
 * @throws InputError if there is no prompt or no factor, a prompt cannot be run, or a factor is not finite.
 * @example
 * const { regression } = await scalingExperiment(head, [model.toTokens("Once upon a time")]);
 * console.log(regression.slope);
 */
export async function scalingExperiment(
  head: BoundHead,
  prompts: PromptInput,
  { factors = DEFAULT_SCALE_FACTORS, patches = [], progress }: ScalingExperimentOptions = {},
): Promise<ScalingExperiment> {
  if (factors.length === 0) {
    throw new InputError("there is no factor to scale by", { expected: "at least one number" });
  }
  const measured = measurePrompts(head, prompts);
  const scalePatches = factors.map((factor): Patch => ["scale", factor]);
  const { baseline, patched } = await patchHead(head, measured, [...scalePatches, ...patches], {
    progress,
  });
  const scaling = patched.slice(0, factors.length);
  const actChanges = scaling.map((run) => changes(run.activation, baseline.activation));
  const predChanges = scaling.map((run) => changes(run.prediction, baseline.prediction));
  return {
    scale_factors: [...factors],
    baseline,
    baseline_correlation: pearsonCorrelation(baseline.activation, baseline.prediction),
    scaling,
    experiments: patched.slice(factors.length),
    avg_act_changes: actChanges.map(mean),
    avg_pred_changes: predChanges.map(mean),
    regression: linearRegression(actChanges.flat(), predChanges.flat()),
    per_input: measured.tokens.map((_, i) => {
      const { slope, intercept, r_squared } = linearRegression(
        actChanges.map((ofPrompts) => ofPrompts[i]),
        predChanges.map((ofPrompts) => ofPrompts[i]),
      );
      return { slope, intercept, r2: r_squared };
    }),
  };
}

/** Patched minus unpatched, prompt by prompt. */
export function changes(patched: readonly number[], baseline: readonly number[]): number[] {
  return patched.map((value, i) => value - baseline[i]);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
