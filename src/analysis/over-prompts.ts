import type { Interval } from "../results/evidence-parts";
import { bootstrapInterval } from "../stats/bootstrap-interval";
import { isConstant } from "../stats/is-constant";
import { type LinearRegression, linearRegression } from "../stats/linear-regression";
import type { StreamChoice } from "./random-streams";

/** One patched run of one prompt: by how much activation and prediction changed. */
export interface ChangePoint {
  readonly prompt: number;
  readonly activation: number;
  readonly prediction: number;
}

/** The points of one prompt: what is resampled together. */
export type PromptPoints = readonly ChangePoint[];

/** Points by prompt, in the order in which prompts first appear. */
export function byPrompt(points: readonly ChangePoint[]): PromptPoints[] {
  const groups = new Map<number, ChangePoint[]>();
  for (const point of points) {
    const group = groups.get(point.prompt);
    if (group) group.push(point);
    else groups.set(point.prompt, [point]);
  }
  return [...groups.values()];
}

/**
 * Changes of every prompt and run.
 *
 * @param activation `[run][prompt]`
 * @param prediction `[run][prompt]`
 */
export function changePoints(
  activation: readonly (readonly number[])[],
  prediction: readonly (readonly number[])[],
  baseline: { readonly activation: readonly number[]; readonly prediction: readonly number[] },
): ChangePoint[] {
  return activation.flatMap((values, run) =>
    values.map((value, prompt) => ({
      prompt,
      activation: value - baseline.activation[prompt],
      prediction: prediction[run][prompt] - baseline.prediction[prompt],
    })),
  );
}

/** The line of prediction change on activation change, as far as it means something. */
export interface ChangeLine extends LinearRegression {
  /** Why numbers are null. */
  readonly reason: string | null;
}

/**
 * Least squares of prediction change on activation change. Unlike scikit-learn's conventions that the
 * contract's fit keeps, a line on an activation that never changes has no slope, and a prediction
 * that never changes leaves no variance to explain.
 */
export function changeLine(points: readonly ChangePoint[]): ChangeLine {
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const none = { slope: null, intercept: null, r_squared: null };
  if (points.length < 2) return { ...none, reason: "fewer than two points" };
  if (isConstant(x)) return { ...none, reason: "the activation changes by the same everywhere" };
  const line = linearRegression(x, y);
  if (!isConstant(y)) return { ...line, reason: null };
  return { ...line, r_squared: null, reason: "the prediction changes by the same everywhere" };
}

/**
 * A statistic with its bootstrap interval over prompts: whole prompts are drawn, since the runs of one
 * are not independent.
 */
export function overPrompts<T>(
  groups: readonly T[],
  statistic: (drawn: readonly T[]) => number | null,
  stream: StreamChoice,
  whyNone: string | null = null,
): Interval {
  const { seed: _, ...interval } = bootstrapInterval(groups, statistic, stream);
  return { ...interval, reason: whyNot(interval, groups.length, whyNone) };
}

function whyNot(
  { estimate, low }: Pick<Interval, "estimate" | "low">,
  groups: number,
  whyNone: string | null,
): string | null {
  if (low !== null) return null;
  if (estimate === null) return whyNone ?? "it does not exist for these prompts";
  if (groups < 2) return "one prompt: there is nothing to resample";
  return "it exists in fewer than 90% of the resamples";
}
