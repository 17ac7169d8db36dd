import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import { isLinearHead } from "../../heads/head-config";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { changeLine, changePoint } from "../../patching/change-line";
import type { CleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import type { PatchedPlace } from "../../patching/place";
import { combinedReadout, roundedPredictionReadout } from "../../patching/readout";
import { type ShuffledLabelHeads, shuffledLabelHeads } from "../../training/shuffled-label-heads";
import type { LabelControl } from "./evidence";
import { ranked } from "./neuron-control";

/** How many heads are trained unless a number is given: in closed form, and by gradient descent. */
const COUNT = { linear: 20, byGradient: 3 } as const;

export interface LabelControlOptions {
  /** How many heads; 0 for none. */
  readonly count: number | undefined;
  readonly factors: readonly number[];
  /** The head's own slope over the changed points. */
  readonly slope: number | null;
  readonly texts: readonly (string | readonly number[])[] | undefined;
  readonly clean: CleanRuns;
  readonly streams: RandomStreams;
}

/**
 * The same experiment with heads that learnt shuffled labels: a slope as large as theirs comes from
 * how heads are trained, not from what this one learnt.
 */
export async function labelControl(
  head: BoundHead,
  prompts: MeasuredPrompts,
  { count, factors, slope, texts, clean, streams }: LabelControlOptions,
): Promise<LabelControl> {
  const { config } = head.files;
  const wanted = count ?? (isLinearHead(config) ? COUNT.linear : COUNT.byGradient);
  if (wanted === 0) return without("not asked for");
  if (!head.targetCanMatter) {
    return without(`${head.hook} is computed after ${head.reads[0]}, which the head reads`);
  }
  const measured = factors.filter((factor) => factor !== 1);
  if (measured.length === 0) return without("factor 1 changes nothing");
  const controls = await shuffledLabelHeads(head, {
    count: wanted,
    texts,
    ...streams("shuffled-labels"),
  });
  if (typeof controls === "string") return without(controls);
  const once = prompts.only(prompts.distinct());
  const slopes = await slopesOf(head, once, measured, controls, clean);
  const test = controls.heads.map(({ testR2 }) => testR2).filter((r2) => r2 !== null);
  const mean = test.reduce((sum, r2) => sum + r2, 0) / test.length;
  const { testR2 } = controls;
  return {
    reason: null,
    texts: controls.texts,
    heads: controls.heads.map((one, i) => ({ slope: slopes[i], test_r_squared: one.testR2 })),
    test_r_squared: testR2,
    selectivity: testR2 === null || test.length === 0 ? null : testR2 - mean,
    slope_rank: ranked(slope, slopes),
  };
}

function without(reason: string): LabelControl {
  const slope_rank = { rank: null, of: 0, percentile: null, p_value: null, reason };
  return { reason, texts: 0, heads: [], test_r_squared: null, selectivity: null, slope_rank };
}

/** Each control head's slope on the target's activation: all are read from the same runs. */
async function slopesOf(
  { model, hook, index }: BoundHead,
  prompts: MeasuredPrompts,
  factors: readonly number[],
  { heads }: ShuffledLabelHeads,
  kept: CleanRuns,
): Promise<(number | null)[]> {
  const variants = factors.map(
    (factor): PatchedPlace => ({ hook, index, patch: ["scale", factor] }),
  );
  const { clean, patched, activation } = await patch(model, prompts, variants, {
    read: combinedReadout(heads.map(({ head }) => roundedPredictionReadout(head))),
    clean: kept,
  });
  return heads.map((_, i) => {
    const points = patched.flatMap((ofVariant, variant) =>
      ofVariant.map((readings, prompt) => {
        const { prediction, rounding } = clean[prompt][i];
        const change = readings![i].prediction - prediction;
        return changePoint(prompt, activation[variant][prompt]!, change, rounding);
      }),
    );
    return changeLine(points.filter((point) => point.activation !== 0)).slope;
  });
}
