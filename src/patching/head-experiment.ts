import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { type Progress, silentProgress } from "../progress/progress";
import { type Patch, patchedActivations } from "./patch";
import {
  cleanRun,
  disposeState,
  runVariants,
  type SuffixPlan,
  type SuffixState,
} from "./suffix-run";

/** Activation and prediction of each prompt, in prompt order. */
export interface Measurement {
  readonly activation: number[];
  readonly prediction: number[];
}

export interface PatchedMeasurement extends Measurement {
  readonly patch: Patch;
}

/** A head measured on prompts, unpatched and under each patch. */
export interface HeadExperiment {
  readonly baseline: Measurement;
  readonly patched: PatchedMeasurement[];
}

export interface HeadExperimentOptions {
  /** Told after each prompt. */
  readonly progress?: Progress;
}

/**
 * The target neuron's activation and the head's prediction on each prompt, unpatched and with the
 * neuron patched at the prompt's measured position.
 *
 * A patch that leaves the activation as it was, bit for bit, leaves the prediction so too, and a
 * patch after the features can change no prediction; neither is run.
 *
 * @param prompts token ids of each prompt
 * @throws InputError if there is no prompt, a patch cannot be applied, or a run gives NaN or infinity.
 * @example
 * const { baseline, patched } = await patchHead(head, [model.toTokens("Once upon a time")], [["zero", 0]]);
 */
export async function patchHead(
  head: BoundHead,
  prompts: readonly (readonly number[])[],
  patches: readonly Patch[],
  { progress = silentProgress }: HeadExperimentOptions = {},
): Promise<HeadExperiment> {
  if (prompts.length === 0) {
    throw new InputError("there is no prompt to measure on", { expected: "at least one prompt" });
  }
  const plan: SuffixPlan = {
    hook: head.hook,
    index: head.index,
    read: [...new Set([head.hook, ...head.reads])],
  };
  const states: SuffixState[] = [];
  try {
    const baseline: Measurement = { activation: [], prediction: [] };
    for (const tokens of prompts) {
      const state = cleanRun(head.model, tokens.slice(0, head.position(tokens.length) + 1), plan);
      states.push(state);
      const [first] = measure(head, state, [null], plan);
      requireFinite(first, "the unpatched run", head, states.length - 1);
      baseline.activation.push(first.activation);
      baseline.prediction.push(first.prediction);
    }
    const values = patches.map((patch) => patchedActivations(patch, baseline.activation));
    const patched = patches.map((patch) => ({
      patch,
      activation: [] as number[],
      prediction: [] as number[],
    }));
    for (const [i, state] of states.entries()) {
      const original = { activation: baseline.activation[i], prediction: baseline.prediction[i] };
      const wanted = values.map((ofPrompts) => ofPrompts[i]);
      const results = measureChanged(head, state, wanted, original, plan);
      results.forEach((result, k) => {
        requireFinite(result, `the patch ${patches[k].join(":")}`, head, i);
        patched[k].activation.push(result.activation);
        patched[k].prediction.push(result.prediction);
      });
      progress.update(i + 1);
      await progress.breathe();
    }
    return { baseline, patched };
  } finally {
    for (const state of states) disposeState(state);
  }
}

interface Reading {
  readonly activation: number;
  readonly prediction: number;
}

/** @throws InputError if a run left float32's range, as one does whose layer norm's divisor is set to 0. */
function requireFinite(
  { activation, prediction }: Reading,
  run: string,
  { hook }: BoundHead,
  prompt: number,
): void {
  if (Number.isFinite(activation) && Number.isFinite(prediction)) return;
  throw new InputError(`${run} of ${hook} gives no number on prompt ${prompt}`, {
    found: `activation ${activation}, prediction ${prediction}`,
    expected: "finite numbers",
    remedy: "Use values that keep the model in float32's range, and no 0 for a hook_scale.",
  });
}

/** Readings for each wanted activation; only those that can differ from the original are run. */
function measureChanged(
  head: BoundHead,
  state: SuffixState,
  wanted: readonly number[],
  original: Reading,
  plan: SuffixPlan,
): Reading[] {
  if (!head.targetCanMatter) {
    return wanted.map((activation) => ({ activation, prediction: original.prediction }));
  }
  const changed = wanted.filter((activation) => !Object.is(activation, original.activation));
  const measured = changed.length > 0 ? measure(head, state, changed, plan) : [];
  return wanted.map((activation) =>
    Object.is(activation, original.activation) ? original : measured.shift()!,
  );
}

function measure(
  head: BoundHead,
  state: SuffixState,
  values: readonly (number | null)[],
  plan: SuffixPlan,
): Reading[] {
  const read = runVariants(head.model, state, values, plan);
  try {
    const activations = tf.tidy(() =>
      tf.slice2d(read.get(head.hook)!, [0, head.index], [values.length, 1]).dataSync<"float32">(),
    );
    const predictions = head.predict(read);
    return predictions.map((prediction, row) => ({ activation: activations[row], prediction }));
  } finally {
    tf.dispose([...read.values()]);
  }
}
