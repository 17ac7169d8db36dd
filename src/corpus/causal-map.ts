import { InputError, InterruptedError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { measurePrompts, type Prompt, type PromptInput } from "../heads/measured-prompts";
import type { HookPointName } from "../model/hook-names";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { TokenOptions } from "../model/token-batch";
import { patch } from "../patching/patch";
import type { PatchedPlace } from "../patching/place";
import { roundedPredictionReadout } from "../patching/readout";
import { interruptible } from "../progress/interrupt";
import type { Progress } from "../progress/progress";
import { withBar } from "../progress/with-bar";
import { corpusTexts } from "./corpus-texts";
import { meanActivations } from "./mean-activations";

/** Texts of the held-out books whose mean is taken unless others are given. */
const TEXTS = 100;

export interface CausalMapOptions extends TokenOptions {
  /** The texts whose mean is put in place; 100 from held-out books (`heldOutTexts`) if not given. */
  readonly texts?: PromptInput;
  /** A bar of its own unless one is given; null for none. */
  readonly progress?: Progress | null;
  /** Ends the work, by an InterruptedError. */
  readonly signal?: AbortSignal;
}

/** What each block's attention and MLP at each position does to the prediction on one text. */
export interface CausalMap {
  /** The target, whose activation is predicted. */
  readonly hook: HookPointName;
  readonly index: number;
  /** null where token ids were given and there is no tokenizer. */
  readonly text: string | null;
  /** `[pos]` token ids up to the measured one, which is the last. */
  readonly tokens: readonly number[];
  /** `[pos]` */
  readonly strTokens: readonly string[];
  /** Blocks, up to the last that the head reads. */
  readonly layers: readonly number[];
  /** The unpatched prediction. */
  readonly clean: number;
  /** How far a prediction may be off by rounding alone. */
  readonly rounding: number;
  /** `[layer][pos]` change of the prediction when `attn_out` there is its mean. */
  readonly attn: readonly (readonly number[])[];
  /** `[layer][pos]` the same of `mlp_out`. */
  readonly mlp: readonly (readonly number[])[];
  /** How many texts, and positions of them, the means are over. */
  readonly meanOver: { readonly texts: number; readonly positions: number };
}

/**
 * By how much the prediction at a text's measured position changes when what one block's attention, or
 * its MLP, writes at one position is replaced by its mean over all positions of many texts. Every cell is
 * a run of its own with that one place patched.
 *
 * @param text one text or the token ids of one
 * @throws InputError if it is several, cannot be run, or a run gives NaN or infinity.
 * @throws InterruptedError if it was stopped, by `signal` or a notebook's stop button.
 * @example
 * const { strTokens, layers, mlp } = await causalMap(head, "The king said to his");
 * layers.forEach((layer, i) => console.log(layer, strTokens.map((token, p) => [token, mlp[i][p]])));
 */
export function causalMap(
  head: BoundHead,
  text: Prompt,
  { texts, progress, signal, prependBos }: CausalMapOptions = {},
): Promise<CausalMap> {
  return interruptible(async () => {
    const { model } = head;
    const measured = measurePrompts(head, text, { prependBos });
    if (measured.length !== 1) {
      throw new InputError("a causal map is of one text", { found: `${measured.length} texts` });
    }
    const [tokens] = measured.tokens;
    const layers = layersBefore(head);
    const parts = (["attn_out", "mlp_out"] as const).map((name) =>
      layers.map((layer) => hookPoint([name, layer], model.cfg)),
    );
    const reference = await corpusTexts(model, texts, { count: TEXTS, prependBos });
    const means = await meanActivations(model, reference.tokens, parts.flat());
    const positions = [...tokens.keys()];
    const variants = parts
      .flat()
      .flatMap((hook) => positions.map((pos) => replaced(hook, pos, means.get(hook)!)));
    const { clean, patched, isComplete } = await withBar(
      { progress },
      { label: "Causal map", total: variants.length },
      async (bar) => {
        const result = await patch(model, measured, variants, {
          read: roundedPredictionReadout(head, (i) => nameOf(variants[i])),
          progress: bar,
          signal,
        });
        // Places that lead to nothing that is read are not run.
        if (result.isComplete) bar?.update(variants.length);
        return result;
      },
    );
    if (!isComplete) throw new InterruptedError("stopped before it was done");
    const [{ prediction, rounding }] = clean;
    const changes = patched.map(([run]) => run!.prediction - prediction);
    const rows = layers.map((_, i) => i * tokens.length);
    const grid = (first: number) =>
      rows.map((row) => changes.slice(first + row, first + row + tokens.length));
    return {
      hook: head.hook,
      index: head.index,
      text: measured.recorded()[0].text,
      tokens,
      strTokens: model.toStrTokens(tokens),
      ...{ layers, clean: prediction, rounding },
      attn: grid(0),
      mlp: grid(layers.length * tokens.length),
      meanOver: {
        texts: reference.length,
        positions: reference.tokens.reduce((count, ids) => count + ids.length, 0),
      },
    };
  }, signal);
}

/** The blocks that what the head reads is made by. */
function layersBefore({ reads, model: { cfg } }: BoundHead): number[] {
  const last = Math.max(...reads.map((name) => hookPoint(name, cfg).layer()));
  return Array.from({ length: Math.min(last + 1, cfg.n_layers) }, (_, layer) => layer);
}

function replaced({ name }: HookPoint, pos: number, mean: Float64Array): PatchedPlace {
  return { hook: name, pos, patch: ["set", mean] };
}

function nameOf({ hook, pos }: PatchedPlace): string {
  return `the mean of ${hook} at position ${pos}`;
}
