import type { ChangePoint } from "../../patching/change-line";
import type { Interval } from "../../results/evidence-parts";
import { formatNumber } from "../../text/format-number";
import type { SlopeEvidence } from "./evidence";

/** The prompts' own lines explain by this share of the variance more than one line: they are not one. */
const ONE_LINE_LEAVES = 0.1;

type Line = { readonly slope: number | null; readonly intercept: number | null };

type Known = Pick<SlopeEvidence, "all_points" | "prompt_slopes" | "effect_sizes">;

/**
 * The slope that describes the prompts. One line through all points weighs a prompt by the square of how
 * far its activation moves: where prompts differ, a few of them decide, and it may describe none. There
 * it is the mean of the prompts' own slopes.
 *
 * @param points all changes of prompts that are measurements of their own
 * @param lines `[prompt]` each prompt's own line
 */
export function typicalSlope(
  { all_points, prompt_slopes, effect_sizes }: Known,
  points: readonly ChangePoint[],
  lines: readonly Line[],
): SlopeEvidence["typical_slope"] {
  const pooled = all_points.slope.estimate;
  const pooled_r_squared = all_points.r_squared.estimate;
  const own_r_squared = pooled_r_squared === null ? null : explainedByOwn(points, lines);
  const { mean, n } = prompt_slopes;
  const isOutside =
    pooled !== null &&
    mean.low !== null &&
    mean.high !== null &&
    (pooled < mean.low || pooled > mean.high);
  const isLoose =
    own_r_squared !== null &&
    pooled_r_squared !== null &&
    own_r_squared - pooled_r_squared > ONE_LINE_LEAVES;
  const prompts_agree = pooled === null || n < 2 ? null : !(isOutside || isLoose);
  const isOwn = prompts_agree === false;
  const slope = isOwn ? mean : all_points.slope;
  return {
    ...{ of: isOwn ? ("prompt_slopes" as const) : ("all_points" as const), slope },
    standardized: inStandardDeviations(slope, effect_sizes),
    ...{ prompts_agree, pooled_r_squared, own_r_squared },
    note: isOwn ? disagreement(prompt_slopes, pooled!, pooled_r_squared) : null,
  };
}

/** Which share of the changes' variance lies on the lines that each prompt has for itself. */
function explainedByOwn(points: readonly ChangePoint[], lines: readonly Line[]): number | null {
  const mean = points.reduce((sum, { prediction }) => sum + prediction, 0) / points.length;
  const squares = (value: (point: ChangePoint) => number) =>
    points.reduce((sum, point) => sum + value(point) ** 2, 0);
  const all = squares(({ prediction }) => prediction - mean);
  if (all === 0) return null;
  const left = squares(({ prompt, activation, prediction }) => {
    const { slope, intercept } = lines[prompt];
    return prediction - ((slope ?? 0) * activation + (intercept ?? 0));
  });
  return Math.max(0, 1 - left / all);
}

/** In standard deviations over these prompts, of the prediction per one of the activation. */
function inStandardDeviations(
  slope: Interval,
  { activation_std, prediction_std, slope: standardized, reason }: SlopeEvidence["effect_sizes"],
): Interval {
  const times = (value: number | null) =>
    standardized === null || value === null ? null : (value * activation_std) / prediction_std;
  const isNone = standardized === null && slope.estimate !== null;
  return {
    ...slope,
    ...{ estimate: times(slope.estimate), low: times(slope.low), high: times(slope.high) },
    ...(isNone && { method: null, reason }),
  };
}

function disagreement(
  { min, max }: SlopeEvidence["prompt_slopes"],
  pooled: number,
  r_squared: number | null,
): string {
  const of = (value: number | null) => formatNumber(value, 3);
  return `the prompts disagree: their own slopes go from ${of(min)} to ${of(max)}. One line through all (slope ${of(pooled)}, R² ${of(r_squared)}) follows those whose activation moves farthest, so what is said first is the mean of the prompts' own slopes`;
}
