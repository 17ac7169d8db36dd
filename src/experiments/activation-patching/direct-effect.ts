import { lineIntervals, noInterval, slopeRatio } from "../../analysis/over-prompts";
import type { BoundHead } from "../../heads/bind-head";
import { headFunction } from "../../heads/head-function";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { writeDirection } from "../../model/write-direction";
import { type ChangePoint, changePoints } from "../../patching/change-line";
import type { CleanRuns } from "../../patching/clean-runs";
import { changes, type ScalingExperiment } from "../../patching/scaling-experiment";
import { l2Norm } from "../../stats/l2-norm";
import { largestMagnitude } from "../../stats/largest-magnitude";
import type { DirectEffect } from "./evidence";

/**
 * Splits the measured effect into what takes the direct path, the patched number's own write to the
 * residual stream, and what later layers make of it.
 *
 * The direct effect is the head's prediction at the clean features plus the write, minus the clean
 * prediction: for a linear head w · write × activation change. Where the head reads the stream at the
 * patched layer there is no other path, and with a linear head the slope is known in closed form.
 */
export function directEffect(
  head: BoundHead,
  prompts: MeasuredPrompts,
  { baseline, scaling, regression, distinct, rounding, why_no_line }: ScalingExperiment,
  cleanRuns: CleanRuns,
): DirectEffect {
  const direction = writeDirection(head.model, hookPoint(head.hook, head.model.cfg), head.index);
  const actChanges = scaling.map((run) => changes(run.activation, baseline.activation));
  const total = scaling.map((run) => changes(run.prediction, baseline.prediction));
  const closed_form = closedForm(
    head,
    direction,
    regression.slope,
    actChanges.flat(),
    total.flat(),
  );
  const reason = whyNoDirectPath(head, direction);
  if (reason !== null || direction === null) {
    const none = noInterval(reason ?? "");
    const numbers = { direction_norm: null, direct: [], total: [], indirect: [] };
    return {
      reason,
      closed_form,
      ...numbers,
      direct_slope: none,
      indirect_slope: none,
      direct_share: none,
    };
  }
  const direct = directChanges(head, prompts, direction, actChanges, cleanRuns);
  const indirect = total.map((row, run) => row.map((value, prompt) => value - direct[run][prompt]));
  const isDistinct = new Set(distinct);
  const points = changePoints(scaling, baseline, rounding);
  const ofPart = (part: readonly (readonly number[])[]): ChangePoint[] =>
    points
      .map((point, i) => ({ ...point, prediction: part.flat()[i] }))
      .filter(({ prompt }) => isDistinct.has(prompt));
  const directPoints = ofPart(direct);
  return {
    reason,
    closed_form,
    direction_norm: l2Norm(direction),
    direct,
    total,
    indirect,
    direct_slope: lineIntervals(directPoints, why_no_line).slope,
    indirect_slope: lineIntervals(ofPart(indirect), why_no_line).slope,
    direct_share: slopeRatio(directPoints, ofPart(total), why_no_line),
  };
}

function whyNoDirectPath(head: BoundHead, direction: Float32Array | null): string | null {
  const { targetCanMatter, hook, reads } = head;
  if (!targetCanMatter) return `${hook} is computed after ${reads[0]}, which the head reads`;
  if (direction) return null;
  return normBehind(head) ?? `${hook} is not written to the residual stream linearly`;
}

const WRITTEN_LINEARLY = new Set(["attn.hook_z", "attn.hook_result", "mlp.hook_post"]);

/** Where a norm stands between an activation and the stream: what it writes depends on everything else. */
function normBehind({ hook, model }: BoundHead): string | null {
  const { nameInBlock, part } = hookPoint(hook, model.cfg);
  const writes = nameInBlock !== null && WRITTEN_LINEARLY.has(nameInBlock);
  if (!writes || !model.cfg.use_normalization_before_and_after) return null;
  const norm = part === "mlp" ? "ln2_post" : "ln1_post";
  return `what ${hook} writes passes the norm ${norm} before it is added to the residual stream, so no fixed direction is its direct effect`;
}

/** `[run][prompt]` what the direct path alone does to the prediction, in float64. */
function directChanges(
  head: BoundHead,
  prompts: MeasuredPrompts,
  direction: Float32Array,
  actChanges: readonly (readonly number[])[],
  cleanRuns: CleanRuns,
): number[][] {
  const { features, predict } = headFunction(head);
  const clean = cleanRuns.measured(prompts, features);
  const before = predict(clean);
  return actChanges.map((ofPrompts) => {
    const moved = clean.map((row, prompt) =>
      Float64Array.from(row, (value, j) => value + ofPrompts[prompt] * direction[j]),
    );
    return predict(moved).map((value, prompt) => value - before[prompt]);
  });
}

function closedForm(
  head: BoundHead,
  direction: Float32Array | null,
  measured: number | null,
  actChanges: readonly number[],
  total: readonly number[],
): DirectEffect["closed_form"] {
  const nothing = { slope: null, difference: null, largest_error: null };
  const slope = knownSlope(head, direction);
  if (typeof slope === "string") return { ...nothing, reason: slope };
  const largest = largestMagnitude(total);
  const errors = actChanges.map((change, i) => total[i] - slope * change);
  return {
    slope,
    difference: measured === null ? null : measured - slope,
    largest_error: largest === 0 ? null : largestMagnitude(errors) / largest,
    reason: null,
  };
}

/** The slope, or why none is known. */
function knownSlope(head: BoundHead, direction: Float32Array | null): number | string {
  const { hook, files, reads, targetCanMatter } = head;
  const { config } = files;
  if (!targetCanMatter) return 0;
  if (config.headType !== "regression") return `a ${config.headType} head is not linear`;
  if (config.head.hidden) return "the head has a hidden layer";
  const [point, read] = [hook, reads[0]].map((name) => hookPoint(name, head.model.cfg));
  const norm = direction ? null : normBehind(head);
  if (norm !== null) return norm;
  // What comes out of the block's MLP, or of the block: nothing else moves the stream after it. In a
  // parallel block the MLP does not see what attention writes either.
  const isParallel = head.model.cfg.parallel_attn_mlp && point.part === "attn";
  const isLastWrite = point.part === "mlp" || isParallel || point.start > 2 * point.layer() + 1;
  if (point.layer() !== read.layer() || !isLastWrite || !direction) {
    return `layers lie between ${hook} and ${reads[0]}, which the head reads`;
  }
  const gradient = headFunction(head).gradient!(direction);
  return gradient.reduce((sum, weight, j) => sum + weight * direction[j], 0);
}
