import * as tf from "@tensorflow/tfjs-core";
import type { RandomStreams } from "../../analysis/random-streams";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import type { HookPointName } from "../../model/hook-names";
import { hookPoint } from "../../model/hook-points";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { type CleanRuns, cleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import { type PatchedRow, predictionReadout, type Readout } from "../../patching/readout";
import { breathe } from "../../progress/interrupt";
import { randomStream } from "../../stats/random-stream";
import { DONORS, SPECIFICITY } from "./thresholds";

/** Neurons whose runs are made together. */
const AT_A_TIME = 64;

/** Memory for what heads read of the runs, in bytes: where it takes more, heads of one call share the runs alone. */
const MOST_KEPT_BYTES = 2 ** 29;

export interface SweepPlan {
  /** The texts that it is done on. */
  readonly places: readonly number[];
  /** `[donor][text]` whose value each text takes. */
  readonly donors: readonly (readonly number[])[];
  readonly streams: RandomStreams;
  /** Told how many runs more are done. */
  readonly ran: (runs: number) => void;
}

/** By how much each neuron of an activation moves a head's prediction: by neuron. */
export type NeuronEffects = ReadonlyMap<number, number>;

/** What is read of the runs of some neurons: rows are the unpatched runs, then each neuron's, donor by donor. */
interface SweepPart {
  readonly neurons: readonly number[];
  readonly rows: readonly PatchedRow[];
  /** `[row · size]` */
  readonly read: Float32Array;
}

/**
 * Sets every neuron of an activation to its values on other texts, on a few texts: how much does each move
 * what heads predict? Whatever heads read is run once and kept, for further ones too; each has the numbers
 * that it would have alone, to the last bit.
 */
export class SweepRuns {
  private read: HookPointName | null = null;
  private readonly parts = new Map<string, SweepPart>();

  constructor(
    private readonly model: HookedTransformer,
    private readonly hook: HookPointName,
    private readonly texts: MeasuredPrompts,
    /** Of the same texts. */
    private readonly clean: CleanRuns,
  ) {}

  /** @returns mean |change| of the prediction of each of some heads that read the same activation */
  async effects(heads: readonly BoundHead[], plan: SweepPlan): Promise<NeuronEffects[]> {
    const effects = heads.map(() => new Map<number, number>());
    for (const neurons of parts(heads, plan.streams)) {
      const part = await this.part(heads[0].reads[0], neurons, plan);
      heads.forEach((head, i) => {
        for (const [neuron, effect] of this.effectsIn(part, head, plan)) {
          effects[i].set(neuron, effect);
        }
      });
      await breathe();
    }
    return effects;
  }

  /** `[place][donor]` what is read where one neuron is set; null where that is not kept. */
  ofNeuron(
    read: HookPointName,
    neuron: number,
    { places, donors }: Pick<SweepPlan, "places" | "donors">,
  ): Float32Array[][] | null {
    if (this.read !== read) return null;
    for (const part of this.parts.values()) {
      const at = part.neurons.indexOf(neuron);
      if (at < 0) continue;
      const size = part.read.length / part.rows.length;
      const first = places.length * (1 + at * donors.length);
      return places.map((_, text) =>
        donors.map((_, donor) => {
          const row = first + donor * places.length + text;
          return part.read.subarray(row * size, (row + 1) * size);
        }),
      );
    }
    return null;
  }

  private async part(
    read: HookPointName,
    neurons: readonly number[],
    plan: SweepPlan,
  ): Promise<SweepPart> {
    if (read !== this.read) this.parts.clear();
    this.read = read;
    const key = neurons.join(" ");
    const kept = this.parts.get(key);
    if (kept) return kept;
    const part = await this.run(read, neurons, plan);
    const { cfg } = this.model;
    const whole = Math.min(hookPoint(this.hook, cfg).size!, SPECIFICITY.neurons);
    const runs = whole * plan.donors.length * plan.places.length;
    // By the size of all of them, so that it does not depend on what was asked for before.
    const fits = 4 * runs * hookPoint(read, cfg).size! <= MOST_KEPT_BYTES;
    if (fits && neurons.length > 1) this.parts.set(key, part);
    return part;
  }

  private async run(
    read: HookPointName,
    neurons: readonly number[],
    { places, donors, ran }: SweepPlan,
  ): Promise<SweepPart> {
    const { model, hook } = this;
    const values = this.clean.measured(this.texts, hook);
    const few = this.texts.only(places);
    const variants = neurons.flatMap((neuron) =>
      donors.map((ofTexts) => ({
        hook,
        index: neuron,
        patch: ["set", (text: number) => values[ofTexts[places[text]]][neuron]] as const,
      })),
    );
    // Of their own, since how many of the others are kept depends on what else was run.
    const own = cleanRuns(model, few);
    try {
      const { clean, patched } = await patch(model, few, variants, {
        read: rowReadout(read),
        clean: own,
      });
      ran(variants.length * few.length);
      const all = [clean, ...patched];
      const size = clean[0].length;
      const flat = new Float32Array(all.length * few.length * size);
      const rows: PatchedRow[] = [];
      all.forEach((ofTexts, i) => {
        ofTexts.forEach((row, prompt) => {
          flat.set(row!, rows.length * size);
          rows.push({ prompt, variant: i === 0 ? null : i - 1 });
        });
      });
      return { neurons, rows, read: flat };
    } finally {
      own.dispose();
    }
  }

  private effectsIn(
    { neurons, rows, read }: SweepPart,
    head: BoundHead,
    { places, donors }: SweepPlan,
  ): [number, number][] {
    const activations = tf.tensor2d(read, [rows.length, read.length / rows.length]);
    let predictions: number[];
    try {
      const byHook = new Map([[head.reads[0], activations]]);
      predictions = predictionReadout(head).read(byHook, rows, this.model.cfg);
    } finally {
      activations.dispose();
    }
    const runs = donors.length * places.length;
    return neurons.map((neuron, i) => {
      let sum = 0;
      for (let run = 0; run < runs; run++) {
        const after = predictions[places.length + i * runs + run];
        sum += Math.abs(after - predictions[run % places.length]);
      }
      return [neuron, sum / runs];
    });
  }
}

/** How many runs that takes for some heads. */
export function sweepRuns(heads: readonly BoundHead[], streams: RandomStreams): number {
  if (sizeOf(heads[0]) < SPECIFICITY.fewest) return 0;
  return parts(heads, streams).flat().length * DONORS * SPECIFICITY.texts;
}

/** Whether an activation has neurons enough for a rank. */
export function canRank(head: BoundHead): boolean {
  return sizeOf(head) >= SPECIFICITY.fewest;
}

/** All neurons, or so many drawn from them with the target among them. */
export function chosenNeurons(head: BoundHead, streams: RandomStreams): number[] {
  const drawn = drawnNeurons(sizeOf(head), streams);
  const { index } = head;
  return ascending(drawn.includes(index) ? drawn : [...drawn.slice(0, -1), index]);
}

/** A few of the texts, for what is done to every neuron. */
export function chosenTexts(count: number, streams: RandomStreams): number[] {
  const { seed, name } = streams("audit-texts");
  const all = Array.from({ length: count }, (_, text) => text);
  return ascending(randomStream(seed, name).shuffle(all).slice(0, SPECIFICITY.texts));
}

/** Numbers of an activation at a prompt's last position. */
function rowReadout(hook: HookPointName): Readout<Float32Array> {
  return {
    hooks: [hook],
    pos: "last",
    read(activations, rows) {
      const data = activations.get(hook)!.dataSync() as Float32Array;
      const size = data.length / rows.length;
      return rows.map((_, row) => data.subarray(row * size, (row + 1) * size));
    },
  };
}

function sizeOf({ hook, model }: BoundHead): number {
  return hookPoint(hook, model.cfg).size!;
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

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
