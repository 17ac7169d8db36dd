import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { activationRounding, changeLine, changePoint } from "../../patching/change-line";
import type { CleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import type { PatchedPlace } from "../../patching/place";
import type { ScalingExperiment } from "../../patching/scaling-experiment";
import { effectSize } from "../../stats/effect-size";
import { isConstant } from "../../stats/is-constant";
import { randomStream } from "../../stats/random-stream";
import { rankAmong } from "../../stats/rank-among";
import { vectorStatistics } from "../../stats/vector-statistics";
import type { NeuronControl } from "./evidence";

/** A control neuron's standard deviation lies within this factor of the target's. */
const MATCH = 2;

export interface NeuronControlOptions {
  /** How many control neurons; 0 for none. */
  readonly count: number;
  readonly factors: readonly number[];
  /** The target's own. */
  readonly experiment: ScalingExperiment;
  /** The target's own slope over the changed points. */
  readonly slope: number | null;
  readonly clean: CleanRuns;
  readonly streams: RandomStreams;
}

/**
 * The scaling experiment on other neurons of the layer that vary about as much over the prompts: does
 * the head's prediction follow its own neuron more than just any?
 */
export async function neuronControl(
  head: BoundHead,
  prompts: MeasuredPrompts,
  { count, factors, experiment, slope, clean, streams }: NeuronControlOptions,
): Promise<NeuronControl> {
  const measured = factors.filter((factor) => factor !== 1);
  const { baseline, distinct } = experiment;
  const of = (values: readonly number[]) => distinct.map((prompt) => values[prompt]);
  const [activation, prediction, rounding] = [
    of(baseline.activation),
    of(baseline.prediction),
    of(experiment.rounding),
  ];
  const once = prompts.only(distinct);
  const isSame = isConstant(activation, activation.map(activationRounding));
  const activation_std = isSame ? 0 : vectorStatistics(activation).std;
  const effect = (size: number | null, std: number) =>
    effectSize(size === null ? null : Math.abs(size) * std, prediction, rounding);
  const target = { activation_std, slope, effect: effect(slope, activation_std) };
  const why = whyNone(head, count, measured, activation_std) ?? experiment.why_no_line;
  if (why !== null) return { ...without(why, 0), target };
  const spreads = neuronSpreads(head, once, clean);
  const matched = [...spreads.keys()].filter(
    (neuron) =>
      neuron !== head.index &&
      spreads[neuron] <= MATCH * activation_std &&
      spreads[neuron] * MATCH >= activation_std,
  );
  const { seed, name } = streams("control-neurons");
  const chosen = randomStream(seed, name)
    .shuffle(matched)
    .slice(0, count)
    .sort((a, b) => a - b);
  if (chosen.length === 0) {
    return { ...without("no other neuron of the layer varies about as much", 0), target };
  }
  const slopes = await slopesOf(head, once, chosen, { factors: measured, rounding, clean });
  const neurons = chosen.map((neuron, i) => ({
    neuron,
    activation_std: spreads[neuron],
    slope: slopes[i],
    effect: effect(slopes[i], spreads[neuron]),
  }));
  return {
    reason: null,
    candidates: matched.length,
    neurons,
    target,
    slope_rank: ranked(slope, slopes),
    effect_rank: ranked(
      target.effect,
      neurons.map((one) => one.effect),
    ),
  };
}

function whyNone(
  { targetCanMatter, hook, reads, model }: BoundHead,
  count: number,
  factors: readonly number[],
  std: number,
): string | null {
  if (count === 0) return "not asked for";
  if (!targetCanMatter) return `${hook} is computed after ${reads[0]}, which the head reads`;
  if (hookPoint(hook, model.cfg).layer() === model.cfg.n_layers) return `${hook} is in no layer`;
  if (factors.length === 0) return "factor 1 changes nothing";
  return std === 0 ? "the activation is the same on every prompt: there is nothing to match" : null;
}

function without(reason: string, candidates: number): Omit<NeuronControl, "target"> {
  const nothing = { rank: null, of: 0, percentile: null, p_value: null, reason };
  return { reason, candidates, neurons: [], slope_rank: nothing, effect_rank: nothing };
}

/** A value's rank by magnitude, with the reason if it has none. */
export function ranked(
  value: number | null,
  others: readonly (number | null)[],
): NeuronControl["slope_rank"] {
  const rank = rankAmong(value, others);
  const reason =
    rank.p_value === null ? "there is nothing to rank, or nothing to rank it among" : null;
  return { ...rank, reason };
}

/** `[neuron]` standard deviation over the prompts of each number at the hook. */
function neuronSpreads({ hook }: BoundHead, prompts: MeasuredPrompts, clean: CleanRuns): number[] {
  const rows = clean.measured(prompts, hook);
  return Array.from(rows[0], (_, neuron) => vectorStatistics(rows.map((row) => row[neuron])).std);
}

interface SlopesOptions extends Pick<NeuronControlOptions, "factors" | "clean"> {
  readonly rounding: readonly number[];
}

/** Each neuron's slope of this head's prediction, over all prompts and factors. */
async function slopesOf(
  head: BoundHead,
  prompts: MeasuredPrompts,
  neurons: readonly number[],
  { factors, rounding, clean: kept }: SlopesOptions,
): Promise<(number | null)[]> {
  const variants = neurons.flatMap((index) =>
    factors.map((factor): PatchedPlace => ({ hook: head.hook, index, patch: ["scale", factor] })),
  );
  const { clean, patched, activation } = await patch(head.model, prompts, variants, {
    read: head,
    clean: kept,
  });
  return neurons.map((_, n) => {
    const points = factors.flatMap((__, f) => {
      const variant = n * factors.length + f;
      return clean.map((unpatched, prompt) => {
        const change = patched[variant][prompt]! - unpatched;
        return changePoint(prompt, activation[variant][prompt]!, change, rounding[prompt]);
      });
    });
    return changeLine(points.filter((point) => point.activation !== 0)).slope;
  });
}
