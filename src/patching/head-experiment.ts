import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { type Progress, silentProgress } from "../progress/progress";
import type { Patch } from "./patch";
import type { PatchedNumber } from "./patch-job";
import { patch } from "./patch-variants";
import { predictionReadout } from "./readout";

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
  const measured = prompts.map((tokens) => tokens.slice(0, head.position(tokens.length) + 1));
  const at = { hook: head.hook, index: head.index };
  // Without a patch, one that changes nothing: it is not run.
  const variants = (patches.length > 0 ? patches : UNCHANGED).map((patch) => ({ ...at, patch }));
  const { clean, patched, activation } = await patch(head.model, measured, variants, {
    read: predictionReadout(head, (i) => `the patch ${patches[i].join(":")} of ${head.hook}`),
    progress: byPrompt(progress, variants.length),
  });
  requireFinite(head, activation);
  progress.update(prompts.length);
  return {
    baseline: { activation: activation[0].map((number) => number!.clean), prediction: [...clean] },
    patched: patches.map((patch, i) => ({
      patch,
      activation: activation[i].map((number) => number!.patched),
      prediction: patched[i] as number[],
    })),
  };
}

const UNCHANGED: readonly Patch[] = [["scale", 1]];

/** Progress in prompts, of what is counted in runs. */
function byPrompt(progress: Progress, variants: number): Progress {
  return { ...progress, update: (rows) => progress.update(Math.floor(rows / variants)) };
}

function requireFinite(
  { hook }: BoundHead,
  activation: readonly (readonly (PatchedNumber | null)[])[],
): void {
  for (const [i, { clean }] of (activation[0] as readonly PatchedNumber[]).entries()) {
    if (Number.isFinite(clean)) continue;
    throw new InputError(`${hook} is no number on prompt ${i}`, {
      found: String(clean),
      expected: "a finite number",
    });
  }
}
