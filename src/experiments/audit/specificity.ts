import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import { hookPoint } from "../../model/hook-points";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import { breathe } from "../../progress/interrupt";
import { randomStream } from "../../stats/random-stream";
import { rankAmong } from "../../stats/rank-among";
import type { Specificity } from "./result";
import { DONORS, SPECIFICITY } from "./thresholds";

export interface SweepOptions {
  /** The texts that it is done on. */
  readonly places: readonly number[];
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  readonly clean: CleanRuns;
  readonly streams: RandomStreams;
  /** Told how many runs more are done. */
  readonly ran: (runs: number) => void;
}

/** By how much each neuron of an activation moves each head's prediction: `[head]`, by neuron. */
export type NeuronEffects = readonly ReadonlyMap<number, number>[];

/**
 * Sets every neuron of an activation to its values on other texts, on a few texts: how much does each move
 * the predictions? All heads whose target is in that activation are read from the same runs, and each has
 * the numbers that it would have alone, to the last bit.
 *
 * @param heads of one model and hook, on the same texts
 * @returns mean |change| of each head's prediction
 */
export async function neuronEffects(
  heads: readonly BoundHead[],
  texts: MeasuredPrompts,
  { places, donors, clean, streams, ran }: SweepOptions,
): Promise<NeuronEffects> {
  const [{ model, hook }] = heads;
  const rows = clean.measured(texts, hook);
  const few = texts.only(places);
  const effects = heads.map(() => new Map<number, number>());
  // Of their own, since how many of the others are kept depends on what else was run.
  const own = cleanRuns(model, few);
  try {
    for (const some of parts(heads, streams)) {
      const variants = some.flatMap((neuron) =>
        donors.map((ofTexts) => ({
          hook,
          index: neuron,
          patch: ["set", (text: number) => rows[ofTexts[places[text]]][neuron]] as const,
        })),
      );
      const { clean: before, patched } = await patch(model, few, variants, {
        read: heads,
        clean: own,
      });
      ran(variants.length * few.length);
      some.forEach((neuron, i) => {
        const runs = patched.slice(i * donors.length, (i + 1) * donors.length);
        for (const [head, ofHead] of effects.entries()) {
          let sum = 0;
          for (const ofTexts of runs) {
            ofTexts.forEach((predictions, text) => {
              sum += Math.abs(predictions![head] - before[text][head]);
            });
          }
          ofHead.set(neuron, sum / (runs.length * few.length));
        }
      });
      await breathe();
    }
  } finally {
    own.dispose();
  }
  return effects;
}

/** How many runs that takes. */
export function sweepRuns(heads: readonly BoundHead[], streams: RandomStreams): number {
  if (sizeOf(heads[0]) < SPECIFICITY.fewest) return 0;
  return parts(heads, streams).flat().length * DONORS * SPECIFICITY.texts;
}

/** Where the target stands among the neurons of its activation. */
export function specificity(
  head: BoundHead,
  effects: ReadonlyMap<number, number> | null,
  streams: RandomStreams,
): Specificity {
  const { hook, index } = head;
  const neurons = chosenNeurons(sizeOf(head), index, streams);
  if (effects === null) {
    return {
      ...{ neurons: neurons.length, texts: 0, effect: null, largest: [] },
      ...{ rank: null, of: neurons.length, percentile: null, p_value: null },
      reason: `${hook} has ${neurons.length} neurons: a rank takes ${SPECIFICITY.fewest}`,
    };
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
  const counts = { neurons: neurons.length, texts: SPECIFICITY.texts };
  return { ...counts, effect, largest, ...rank, reason: null };
}

/** Whether an activation has neurons enough for a rank. */
export function canRank(head: BoundHead): boolean {
  return sizeOf(head) >= SPECIFICITY.fewest;
}

function sizeOf({ hook, model }: BoundHead): number {
  return hookPoint(hook, model.cfg).size!;
}

/** Neurons whose runs are made together. */
const AT_A_TIME = 64;

/** How many of the largest effects a result lists. */
const LISTED = 10;

/** All neurons, or so many drawn from them with the target among them. */
function chosenNeurons(size: number, target: number, streams: RandomStreams): number[] {
  const drawn = drawnNeurons(size, streams);
  return ascending(drawn.includes(target) ? drawn : [...drawn.slice(0, -1), target]);
}

/** The same ones for all heads of an activation. */
function drawnNeurons(size: number, streams: RandomStreams): number[] {
  const all = Array.from({ length: size }, (_, neuron) => neuron);
  if (size <= SPECIFICITY.neurons) return all;
  const { seed, name } = streams("audit-neurons");
  return randomStream(seed, name).shuffle(all).slice(0, SPECIFICITY.neurons);
}

/** Neurons whose runs are made together: the drawn ones, and alone each target that is not among them. */
function parts(heads: readonly BoundHead[], streams: RandomStreams): number[][] {
  const drawn = ascending(drawnNeurons(sizeOf(heads[0]), streams));
  const targets = [...new Set(heads.map(({ index }) => index))];
  const others = targets.filter((target) => !drawn.includes(target));
  const together: number[][] = [];
  for (let from = 0; from < drawn.length; from += AT_A_TIME) {
    together.push(drawn.slice(from, from + AT_A_TIME));
  }
  return [...together, ...others.map((target) => [target])];
}

/** A few of the texts, for what is done to every neuron. */
export function chosenTexts(count: number, streams: RandomStreams): number[] {
  const { seed, name } = streams("audit-texts");
  const all = Array.from({ length: count }, (_, text) => text);
  return ascending(randomStream(seed, name).shuffle(all).slice(0, SPECIFICITY.texts));
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
