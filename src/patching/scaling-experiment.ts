import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import { mean } from "../stats/mean";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import {
  activationRounding,
  type ChangeLine,
  type ChangePoint,
  changeLine,
  changePoints,
  whyNoLine,
} from "./change-line";
import {
  type HeadExperiment,
  type HeadExperimentOptions,
  type Measurement,
  type PatchedMeasurement,
  patchHead,
} from "./head-experiment";
import type { Patch } from "./patch-kinds";

/** Factors of the scaling experiment unless others are given. */
export const DEFAULT_SCALE_FACTORS: readonly number[] = [0, 0.5, 1, 1.5, 2];

export interface ScalingExperimentOptions extends HeadExperimentOptions {
  /** What the activation is multiplied by. */
  readonly factors?: readonly number[];
  /** Further patches to run in the same pass. */
  readonly patches?: readonly Patch[];
}

/** How one prompt's prediction follows its activation. */
export interface PromptLine {
  readonly slope: number | null;
  readonly intercept: number | null;
  readonly r2: number | null;
  /** Why numbers are null. */
  readonly reason: string | null;
}

export interface ScalingExperiment
  extends Pick<HeadExperiment, "baseline" | "distinct" | "rounding"> {
  readonly scale_factors: number[];
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
  /**
   * Least squares of prediction change on activation change, all prompts and factors pooled. Null
   * where the activation never changes, or the prediction is one number throughout.
   */
  readonly regression: ChangeLine;
  /** The same for each prompt alone, in prompt order. */
  readonly per_input: PromptLine[];
  /** Why there is no line at all; null where there may be one. */
  readonly why_no_line: string | null;
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
  { factors = DEFAULT_SCALE_FACTORS, patches = [], ...options }: ScalingExperimentOptions = {},
): Promise<ScalingExperiment> {
  if (factors.length === 0) {
    throw new InputError("there is no factor to scale by", { expected: "at least one number" });
  }
  const measured = measurePrompts(head, prompts);
  const scalePatches = factors.map((factor): Patch => ["scale", factor]);
  const experiment = await patchHead(head, measured, [...scalePatches, ...patches], options);
  const { baseline, patched, distinct, rounding } = experiment;
  const scaling = patched.slice(0, factors.length);
  const actChanges = scaling.map((run) => changes(run.activation, baseline.activation));
  const predChanges = scaling.map((run) => changes(run.prediction, baseline.prediction));
  const points = changePoints(scaling, baseline, rounding);
  const why_no_line = whyNoLine(head, experiment);
  return {
    scale_factors: [...factors],
    baseline,
    baseline_correlation: baselineCorrelation(baseline, rounding),
    scaling,
    experiments: patched.slice(factors.length),
    avg_act_changes: actChanges.map(mean),
    avg_pred_changes: predChanges.map(mean),
    regression: contractLine(points, why_no_line),
    per_input: measured.tokens.map((_, i) => {
      const own = points.filter(({ prompt }) => prompt === i);
      const { slope, intercept, r_squared, reason } = contractLine(own, why_no_line);
      return { slope, intercept, r2: r_squared, reason };
    }),
    distinct,
    rounding,
    why_no_line,
  };
}

/** Pearson's correlation of unpatched activation and prediction; null where one is constant. */
export function baselineCorrelation(
  { activation, prediction }: Readonly<Record<keyof Measurement, readonly number[]>>,
  rounding: readonly number[],
): number | null {
  return pearsonCorrelation(activation, prediction, {
    x: activation.map(activationRounding),
    y: rounding,
  });
}

/** A prediction that follows no patch has slope 0 and, as scikit-learn's `r2_score` says, R² 1. */
function contractLine(points: readonly ChangePoint[], whyNone: string | null): ChangeLine {
  if (whyNone !== null) return { slope: null, intercept: null, r_squared: null, reason: whyNone };
  const line = changeLine(points);
  if (line.slope === null || line.r_squared !== null) return line;
  return { ...line, r_squared: 1, reason: null };
}

/** Patched minus unpatched, prompt by prompt. */
export function changes(patched: readonly number[], baseline: readonly number[]): number[] {
  return patched.map((value, i) => value - baseline[i]);
}
