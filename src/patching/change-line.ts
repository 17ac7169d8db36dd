import type { BoundHead } from "../heads/bind-head";
import { isConstant } from "../stats/is-constant";
import type { PointRounding } from "../stats/is-exact-fit";
import { type LinearRegression, linearRegression } from "../stats/linear-regression";
import type { HeadExperiment, Measurement } from "./head-experiment";

/** One patched run of one prompt: by how much activation and prediction changed. */
export interface ChangePoint {
  readonly prompt: number;
  readonly activation: number;
  readonly prediction: number;
  /** How far the changes may be off by rounding alone. */
  readonly rounding: { readonly activation: number; readonly prediction: number };
}

/** Activations are float32, and sums of many: their last digits are not measured. */
const FLOAT32 = 2 ** -23;

/**
 * Changes of every prompt and run.
 *
 * @param runs patched runs; of each, activation and prediction `[prompt]`
 * @param rounding `[prompt]` how far a prediction may be off
 */
export function changePoints(
  runs: readonly Measurement[],
  baseline: Measurement,
  rounding: readonly number[],
): ChangePoint[] {
  return runs.flatMap(({ activation, prediction }) =>
    activation.map((value, prompt) =>
      changePoint(
        prompt,
        { clean: baseline.activation[prompt], patched: value },
        prediction[prompt] - baseline.prediction[prompt],
        rounding[prompt],
      ),
    ),
  );
}

/** One of them. */
export function changePoint(
  prompt: number,
  { clean, patched }: { readonly clean: number; readonly patched: number },
  prediction: number,
  rounding: number,
): ChangePoint {
  const activation = Math.max(activationRounding(clean), activationRounding(patched));
  return {
    prompt,
    activation: patched - clean,
    prediction,
    rounding: { activation, prediction: rounding },
  };
}

/** How far an activation may be off by rounding alone. */
export function activationRounding(activation: number): number {
  return FLOAT32 * Math.abs(activation);
}

/** How far the changes may be off, for the statistics of these points. */
export function roundingOf(points: readonly ChangePoint[]): Required<PointRounding> {
  return {
    x: points.map(({ rounding }) => rounding.activation),
    y: points.map(({ rounding }) => rounding.prediction),
  };
}

/** The line of prediction change on activation change, as far as it means something. */
export interface ChangeLine extends LinearRegression {
  /** Why numbers are null. */
  readonly reason: string | null;
}

/**
 * Least squares of prediction change on activation change. Unlike scikit-learn's conventions, a line on
 * an activation that never changes has no slope, and a prediction that never changes leaves no
 * variance to explain.
 */
export function changeLine(points: readonly ChangePoint[]): ChangeLine {
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const none = { slope: null, intercept: null, r_squared: null };
  if (points.length < 2) return { ...none, reason: "fewer than two points" };
  const rounding = roundingOf(points);
  if (isConstant(x, rounding.x)) {
    return { ...none, reason: "the activation changes by the same everywhere" };
  }
  const line = linearRegression(x, y, rounding);
  if (!isConstant(y, rounding.y)) return { ...line, reason: null };
  return { ...line, r_squared: null, reason: "the prediction changes by the same everywhere" };
}

/**
 * Why there is nothing to fit a line to: the prediction is one number, whatever the prompt and the
 * patch. null where it is not. (One that varies over prompts and follows no patch has a slope, 0; so
 * has a target that is computed after what the head reads.)
 */
export function whyNoLine(
  { targetCanMatter }: BoundHead,
  { baseline, patched, rounding }: HeadExperiment,
): string | null {
  const runs = [baseline, ...patched];
  const predictions = runs.flatMap(({ prediction }) => prediction);
  const limits = runs.flatMap(({ prediction }) => prediction.map((_, prompt) => rounding[prompt]));
  return targetCanMatter && isConstant(predictions, limits)
    ? "the prediction is the same on every prompt and in every run"
    : null;
}
