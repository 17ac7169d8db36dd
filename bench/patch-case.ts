import * as tf from "@tensorflow/tfjs-core";
import type { HookPointName } from "../src/model/hook-names";
import type { HookedTransformer } from "../src/model/hooked-transformer";
import { patch } from "../src/patching/patch";
import type { Variant } from "../src/patching/place";
import type { Readout } from "../src/patching/readout";
import { type Progress, silentProgress } from "../src/progress/progress";
import { randomStream } from "../src/stats/random-stream";

/** A neuron of the patched layer, and what it is multiplied with; 0 ablates it. */
export interface Edit {
  readonly neuron: number;
  readonly factor: number;
}

/** Every edit on every prompt, at its last token. */
export interface PatchCase {
  readonly model: HookedTransformer;
  readonly layer: number;
  /** Token ids. */
  readonly prompts: readonly (readonly number[])[];
  readonly edits: readonly Edit[];
  /** What stands for a head: its prediction is the features times this, `[d_model]`. */
  readonly head: Float32Array;
}

/** One patched run of a case. */
export interface Run {
  readonly number: number;
  readonly prompt: number;
  readonly edit: number;
}

/** What a side of a comparison took, and the predictions that it found, by the run's number. */
export interface Timed {
  readonly seconds: number;
  readonly predictions: ReadonlyMap<number, number>;
}

const PROMPTS = 5;

/** Factors of one neuron; 1 is not among them, it would be no run. */
const FACTORS = [0, 0.5, 1.5, 2, 3];

/** Prompts of random tokens, of `longest` tokens and up to four fewer. */
export function randomPrompts(model: HookedTransformer, longest: number): number[][] {
  const stream = randomStream(longest, "bench prompts");
  return Array.from({ length: PROMPTS }, (_, i) =>
    Array.from({ length: longest - i }, () => stream.integer(0, model.cfg.d_vocab - 1)),
  );
}

/**
 * So many runs: of one prompt, or of five with the factors of one neuron, or with one neuron after
 * the other ablated, and scaled too where a layer has too few neurons.
 */
export function caseOf(
  model: HookedTransformer,
  layer: number,
  longest: number,
  runs: number,
): PatchCase {
  const all = randomPrompts(model, longest);
  const prompts = runs < PROMPTS ? all.slice(0, runs) : all;
  const each = runs / prompts.length;
  const { d_mlp } = model.cfg;
  const edits = Array.from({ length: each }, (_, i) =>
    each <= FACTORS.length
      ? { neuron: 26, factor: FACTORS[i] }
      : { neuron: i % d_mlp, factor: Math.floor(i / d_mlp) * 2 },
  );
  const stream = randomStream(0, "bench head");
  const head = Float32Array.from({ length: model.cfg.d_model }, () => stream.gaussian());
  return { model, layer, prompts, edits, head };
}

export function runsOf({ prompts, edits }: PatchCase): Run[] {
  return edits.flatMap((_, edit) =>
    prompts.map((_, prompt) => ({ number: edit * prompts.length + prompt, prompt, edit })),
  );
}

/** Predictions from features `[row, d_model]`. */
export function predict({ head }: PatchCase, features: tf.Tensor2D): number[] {
  return tf.tidy(() => [...tf.dot(features, tf.tensor1d(head)).dataSync()]);
}

/** The features' hook: the residual stream after the last block. */
export function featuresHook({ model }: PatchCase): HookPointName {
  return `blocks.${model.cfg.n_layers - 1}.hook_resid_post`;
}

/** Our patching, timed; `clean` are the seconds of the clean run in it. */
export async function ourPatching(
  patchCase: PatchCase,
  progress: Progress = silentProgress,
): Promise<Timed & { readonly clean: number }> {
  const { model, layer, prompts, edits } = patchCase;
  const hook = featuresHook(patchCase);
  const variants: Variant[] = edits.map(({ neuron, factor }) => ({
    hook: ["post", layer],
    index: neuron,
    patch: factor === 0 ? ["zero"] : ["scale", factor],
  }));
  const read: Readout<number> = {
    hooks: [hook],
    pos: "last",
    read: (activations) => predict(patchCase, activations.get(hook) as tf.Tensor2D),
  };
  let clean = 0;
  const timed: HookedTransformer = Object.create(model, {
    runWithCache: {
      value(...args: Parameters<HookedTransformer["runWithCache"]>) {
        const started = performance.now();
        const result = model.runWithCache(...args);
        clean += (performance.now() - started) / 1000;
        return result;
      },
    },
  });
  const started = performance.now();
  const { patched } = await patch(timed, prompts, variants, { read, progress });
  const seconds = (performance.now() - started) / 1000;
  const predictions = new Map(
    runsOf(patchCase).map(({ number, prompt, edit }) => [number, patched[edit][prompt]!]),
  );
  return { seconds, clean, predictions };
}
