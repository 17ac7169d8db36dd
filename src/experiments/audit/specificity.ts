import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import type { CleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import { randomStream } from "../../stats/random-stream";
import { rankAmong } from "../../stats/rank-among";
import type { Specificity } from "./result";
import { SPECIFICITY } from "./thresholds";

export interface SpecificityOptions {
  /** The texts that it is done on. */
  readonly places: readonly number[];
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  readonly clean: CleanRuns;
  readonly streams: RandomStreams;
}

/**
 * The same resampling for every neuron of the target's activation, on a few texts: how much does each
 * move the prediction, and where does the target stand among them?
 */
export async function specificity(
  head: BoundHead,
  texts: MeasuredPrompts,
  { places, donors, clean, streams }: SpecificityOptions,
): Promise<Specificity> {
  const { model, hook, index } = head;
  const { size } = hookPoint(hook, model.cfg);
  const neurons = chosenNeurons(size!, index, streams);
  if (neurons.length < SPECIFICITY.fewest) {
    return {
      ...{ neurons: neurons.length, texts: 0, effect: null, largest: [] },
      ...{ rank: null, of: neurons.length, percentile: null, p_value: null },
      reason: `${hook} has ${neurons.length} neurons: a rank takes ${SPECIFICITY.fewest}`,
    };
  }
  const rows = clean.measured(texts, hook);
  const few = texts.only(places);
  const effects = new Map<number, number>();
  for (let from = 0; from < neurons.length; from += AT_A_TIME) {
    const some = neurons.slice(from, from + AT_A_TIME);
    const variants = some.flatMap((neuron) =>
      donors.map((ofTexts) => ({
        hook,
        index: neuron,
        patch: ["set", (text: number) => rows[ofTexts[places[text]]][neuron]] as const,
      })),
    );
    const { clean: own, patched } = await patch(model, few, variants, { read: head, clean });
    some.forEach((neuron, i) => {
      const runs = patched.slice(i * donors.length, (i + 1) * donors.length);
      const changes = runs.flatMap((ofTexts) =>
        ofTexts.map((prediction, text) => Math.abs(prediction! - own[text])),
      );
      effects.set(neuron, changes.reduce((sum, change) => sum + change, 0) / changes.length);
    });
  }
  const effect = effects.get(index)!;
  const others = neurons.filter((neuron) => neuron !== index);
  const rank = rankAmong(
    effect,
    others.map((neuron) => effects.get(neuron)!),
  );
  const largest = [...neurons]
    .sort((a, b) => effects.get(b)! - effects.get(a)! || a - b)
    .slice(0, LISTED)
    .map((neuron) => ({ neuron, effect: effects.get(neuron)! }));
  return { neurons: neurons.length, texts: places.length, effect, largest, ...rank, reason: null };
}

/** Neurons whose runs are made together. */
const AT_A_TIME = 64;

/** How many of the largest effects a result lists. */
const LISTED = 10;

/** All neurons, or so many drawn from them with the target among them. */
function chosenNeurons(size: number, target: number, streams: RandomStreams): number[] {
  const all = Array.from({ length: size }, (_, neuron) => neuron);
  if (size <= SPECIFICITY.neurons) return all;
  const { seed, name } = streams("audit-neurons");
  const others = randomStream(seed, name).shuffle(all.filter((neuron) => neuron !== target));
  return [target, ...others.slice(0, SPECIFICITY.neurons - 1)].sort((a, b) => a - b);
}

/** A few of the texts, for what is done to every neuron. */
export function chosenTexts(count: number, streams: RandomStreams): number[] {
  const { seed, name } = streams("audit-texts");
  const all = Array.from({ length: count }, (_, text) => text);
  return randomStream(seed, name)
    .shuffle(all)
    .slice(0, SPECIFICITY.texts)
    .sort((a, b) => a - b);
}
