import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import type { HookName } from "../../model/hook-names";
import { type HookPoint, hookPoint } from "../../model/hook-points";
import { activationGradients } from "../../patching/activation-gradients";
import type { CleanRuns } from "../../patching/clean-runs";
import { withMovedStream } from "../../patching/moved-stream";
import { neededForPatch } from "../../patching/patch";
import type { Variant } from "../../patching/place";
import { breathe } from "../../progress/interrupt";
import { dotProduct } from "../../stats/dot-product";
import { ValueSearch } from "./value-search";

/** Where the stream that enters the neuron's block is moved to, for each text and other text. */
export interface MovedInputs {
  /** `[donor][text]` how far along the gradient; null where the value is not reached. */
  readonly steps: readonly (readonly (number | null)[])[];
  /** `[text]` the stream at the measured position, and the gradient. */
  readonly stream: readonly Float32Array[];
  readonly gradient: readonly Float32Array[];
  /** The activation that is moved. */
  readonly hook: HookName;
}

/** Activations whose unpatched values the search takes, or the runs after it. */
export function neededForMovedInputs(head: BoundHead, texts: MeasuredPrompts): HookPoint[] {
  const { cfg } = head.model;
  const { layer } = hookPoint(head.hook, cfg);
  const moved = { hook: ["resid_pre", layer()], patch: ["set", () => 0] } as const;
  return [
    hookPoint(broughtAlong(head).hook, cfg),
    ...neededForPatch(head.model, texts, [moved], head),
  ];
}

/** What of the neuron is brought to its value on another text: `hook_pre` of a plain hidden neuron, else the neuron itself. */
function broughtAlong(head: BoundHead): { readonly hook: HookName; readonly index: number } {
  const { hook, index, model } = head;
  const { writes, nameInBlock, layer } = hookPoint(hook, model.cfg);
  const isPlainPost = nameInBlock === "mlp.hook_post" && isPlain(head, layer());
  return isPlainPost && writes !== null ? { hook: ["pre", layer()], index } : { hook, index };
}

function isPlain({ model }: BoundHead, layer: number): boolean {
  const pre = hookPoint(["pre", layer], model.cfg);
  return pre.writes === "act_fn";
}

/**
 * Moves the stream that enters the neuron's block, at the measured position, along what the neuron reads
 * there until the neuron would have the value that it has on another text: by line search along the
 * gradient, on the exact block. A text's searches share what they see.
 *
 * @param donors `[donor][text]` whose value each text takes
 */
export async function movedInputs(
  head: BoundHead,
  texts: MeasuredPrompts,
  donors: readonly (readonly number[])[],
  clean: CleanRuns,
): Promise<MovedInputs> {
  const { model } = head;
  const at: HookName = ["resid_pre", hookPoint(head.hook, model.cfg).layer()];
  const target = broughtAlong(head);
  const stream = clean.measured(texts, hookPoint(at, model.cfg).name);
  const gradient = activationGradients(model, texts, target, at, { clean });
  const own = clean
    .measured(texts, hookPoint(target.hook, model.cfg).name)
    .map((row) => row[target.index]);
  const searches = texts.tokens.map((_, text) => {
    const values = donors.map((ofTexts) => own[ofTexts[text]]);
    return new ValueSearch(own[text], dotProduct(gradient[text], gradient[text]), values);
  });
  await withMovedStream(model, texts, { read: target, at, clean }, async (moved) => {
    const { prompts } = moved;
    for (;;) {
      const looked = prompts.map((text) =>
        searches[text].pending.map((place) => ({ place, step: searches[text].next(place) })),
      );
      if (looked.every(({ length }) => length === 0)) return;
      const seen = moved.look(
        looked.map((ofText, i) =>
          ofText.map(({ step }) => along(stream[prompts[i]], gradient[prompts[i]], step)),
        ),
      );
      looked.forEach((ofText, i) => {
        searches[prompts[i]].saw(ofText.map((one, k) => ({ ...one, value: seen[i][k] })));
      });
      await breathe();
    }
  });
  const found = searches.map((search) => search.found());
  const steps = donors.map((_, donor) => found.map((ofText) => ofText[donor]));
  return { steps, stream, gradient, hook: at };
}

/**
 * The neuron held at its own value while what it reads is moved: a variant for each donor.
 *
 * @param activation `[text]` the neuron's own values
 */
export function heldWhileMoved(
  head: BoundHead,
  { steps, stream, gradient, hook }: MovedInputs,
  activation: readonly number[],
): readonly Variant[] {
  return steps.map((ofTexts) => {
    const moved = ofTexts.map((step, text) => along(stream[text], gradient[text], step ?? 0));
    return [
      { hook, patch: ["set", (text: number) => moved[text]] as const },
      {
        hook: head.hook,
        index: head.index,
        patch: ["set", (text: number) => activation[text]] as const,
      },
    ];
  });
}

/** A stream moved so far along a direction. */
function along(stream: Float32Array, direction: Float32Array, step: number): Float32Array {
  const moved = new Float32Array(stream.length);
  for (let i = 0; i < moved.length; i++) moved[i] = stream[i] + step * direction[i];
  return moved;
}
