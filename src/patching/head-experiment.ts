import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import { firstOfEach } from "../heads/same-measurement";
import { type Progress, silentProgress } from "../progress/progress";
import type { CleanRuns } from "./clean-runs";
import { patch } from "./patch";
import type { PatchedNumber } from "./patch-job";
import type { Patch } from "./patch-kinds";
import { roundedPredictionReadout } from "./readout";

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
  /** Prompts that are measurements of their own: the first of those that are the same up to the measured token. */
  readonly distinct: readonly number[];
  /** `[prompt]` how far a prediction may be off by rounding alone. */
  readonly rounding: readonly number[];
}

export interface HeadExperimentOptions {
  /** Told after each prompt. */
  readonly progress?: Progress;
  /** Unpatched runs that are kept for several experiments: `cleanRuns(head.model, prompts)`. */
  readonly clean?: Pick<CleanRuns, "run">;
}

/**
 * The target neuron's activation and the head's prediction on each prompt, unpatched and with the
 * neuron patched at the prompt's measured position.
 *
 * A patch that leaves the activation as it was, bit for bit, leaves the prediction so too, and a
 * patch after the features can change no prediction; neither is run.
 *
 * @throws InputError if there is no prompt, one cannot be run, a patch cannot be applied, or a run gives NaN or infinity.
 * @example
 * const { baseline, patched } = await patchHead(head, [model.toTokens("Once upon a time")], [["zero", 0]]);
 */
export async function patchHead(
  head: BoundHead,
  prompts: PromptInput,
  patches: readonly Patch[],
  { progress = silentProgress, clean: shared }: HeadExperimentOptions = {},
): Promise<HeadExperiment> {
  const measured = measurePrompts(head, prompts);
  const at = { hook: head.hook, index: head.index };
  // Without a patch, one that changes nothing: it is not run.
  const variants = (patches.length > 0 ? patches : UNCHANGED).map((patch) => ({ ...at, patch }));
  const { clean, patched, activation } = await patch(head.model, measured, variants, {
    read: roundedPredictionReadout(
      head,
      (i) => `the patch ${patches[i].join(":")} of ${head.hook}`,
    ),
    clean: shared,
    progress: byPrompt(progress, variants.length),
  });
  requireFinite(head, activation);
  progress.update(measured.length);
  // In a batch the rows of two equal prompts may differ in float32's last digit, and a spread or a
  // correlation would be made of that.
  const first = firstOfEach(measured.tokens);
  return {
    baseline: {
      activation: first.map((prompt) => activation[0][prompt]!.clean),
      prediction: first.map((prompt) => clean[prompt].prediction),
    },
    patched: patches.map((patch, i) => {
      // What a resample puts in place depends on where in the list a prompt stands.
      const from = patch[0] === "resample" ? [...first.keys()] : first;
      return {
        patch,
        activation: from.map((prompt) => activation[i][prompt]!.patched),
        prediction: from.map((prompt) => patched[i][prompt]!.prediction),
      };
    }),
    distinct: measured.distinct(),
    rounding: first.map((prompt) => clean[prompt].rounding),
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
