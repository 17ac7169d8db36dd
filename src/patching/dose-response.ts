import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import {
  type MeasuredPrompt,
  type MeasuredPrompts,
  measurePrompts,
  type PromptInput,
} from "../heads/measured-prompts";
import type { HookPointName } from "../model/hook-names";
import type { TokenOptions } from "../model/token-batch";
import { cleanRuns } from "./clean-runs";
import { type HeadExperiment, type HeadExperimentOptions, patchHead } from "./head-experiment";
import type { Patch } from "./patch-kinds";

/** Values of the neuron unless others are given. */
const VALUES = 21;

/** How the prediction on one text follows the neuron. */
export interface TextResponse extends MeasuredPrompt {
  /** The measured token as text; its id where there is no tokenizer. */
  readonly strToken: string;
  /** Unpatched: the neuron's activation and the prediction. */
  readonly clean: { readonly activation: number; readonly prediction: number };
  /** `[value]` the prediction with the neuron set to each value. */
  readonly prediction: readonly number[];
  /** How far a prediction may be off by rounding alone. */
  readonly rounding: number;
}

export interface DoseResponseOptions extends HeadExperimentOptions, TokenOptions {}

export interface DoseResponse {
  readonly hook: HookPointName;
  readonly index: number;
  /** What the neuron was set to, rising. */
  readonly values: readonly number[];
  readonly texts: readonly TextResponse[];
  /** Why no value can change a prediction; null where one can. */
  readonly whyFlat: string | null;
}

/**
 * The head's prediction at each text's measured position when the neuron is set to each of some values,
 * beside the unpatched one.
 *
 * @param texts one or several, as texts or token ids
 * @param values what the neuron is set to; 21 from its lowest to its highest activation over the texts
 *   (for one text, from 0 times to twice its activation) if not given
 * @throws InputError if there is no text or value, a text cannot be run, a value is not finite in
 *   float32, or a run gives NaN or infinity.
 * @throws InterruptedError if a notebook's stop button ended it.
 * @example
 * const { texts } = await doseResponse(head, "Once upon a time", [-1, 0, 1]);
 * console.log(texts[0].clean, texts[0].prediction);
 */
export async function doseResponse(
  head: BoundHead,
  texts: PromptInput,
  values?: readonly number[],
  { prependBos, ...options }: DoseResponseOptions = {},
): Promise<DoseResponse> {
  const measured = measurePrompts(head, texts, { prependBos });
  const given = values && risingValues(values);
  const own = options.clean ? null : cleanRuns(head.model, measured);
  const clean = options.clean ?? own!;
  const setTo = (list: readonly number[]) =>
    patchHead(
      head,
      measured,
      list.map((value): Patch => ["set", value]),
      { ...options, clean },
    );
  try {
    const chosen = given ?? valuesOver((await setTo([])).baseline.activation);
    return response(head, measured, chosen, await setTo(chosen));
  } finally {
    own?.dispose();
  }
}

function response(
  head: BoundHead,
  measured: MeasuredPrompts,
  values: readonly number[],
  { baseline, patched, rounding }: HeadExperiment,
): DoseResponse {
  return {
    hook: head.hook,
    index: head.index,
    values,
    texts: measured.recorded().map((prompt, i) => ({
      ...prompt,
      strToken: head.model.toStrTokens([prompt.tokens[prompt.position]])[0],
      clean: { activation: baseline.activation[i], prediction: baseline.prediction[i] },
      prediction: patched.map((run) => run.prediction[i]),
      rounding: rounding[i],
    })),
    whyFlat: head.targetCanMatter
      ? null
      : `${head.hook} is computed after ${head.reads.join(", ")}, which the head reads`,
  };
}

/** Each once, as the model sees them: in float32. */
function risingValues(values: readonly number[]): number[] {
  if (!Array.isArray(values) || values.length === 0) {
    throw new InputError("there is no value to set the neuron to", {
      expected: "a list of numbers",
    });
  }
  const rounded = Array.from(values, (value, i) => {
    if (typeof value === "number" && Number.isFinite(Math.fround(value))) return Math.fround(value);
    throw new InputError(`value ${i} is nothing that the neuron can be set to`, {
      found: String(value),
      expected: "a number that is finite in float32",
    });
  });
  return [...new Set(rounded)].sort((a, b) => a - b);
}

/** Evenly over the range, or where there is none from 0 to twice the one activation. */
function valuesOver(activations: readonly number[]): number[] {
  let [low, high] = [Math.min(...activations), Math.max(...activations)];
  if (low === high) [low, high] = [Math.min(0, 2 * low), Math.max(0, 2 * high)];
  if (low === high) [low, high] = [-1, 1];
  const at = (i: number) => low + ((high - low) * i) / (VALUES - 1);
  return [...new Set(Array.from({ length: VALUES }, (_, i) => Math.fround(at(i))))];
}
