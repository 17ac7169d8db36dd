import * as tf from "@tensorflow/tfjs-core";
import type { BoundHead } from "../../heads/bind-head";
import type { MeasuredPrompts } from "../../heads/measured-prompts";
import type { HookName } from "../../model/hook-names";
import { hookPoint } from "../../model/hook-points";
import { activationGradients } from "../../patching/activation-gradients";
import type { CleanRuns } from "../../patching/clean-runs";
import { patch } from "../../patching/patch";
import type { Variant } from "../../patching/place";
import type { Readout } from "../../patching/readout";

/** By how much of the way from its own value to the other text's the neuron may miss it. */
const CLOSE = 1e-3;

/** How often the way along the gradient is doubled, and then narrowed down. */
const [DOUBLINGS, NARROWINGS] = [6, 24];

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
 * gradient, on the exact block.
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
  const gradient = activationGradients(model, texts, target, at);
  const own = clean
    .measured(texts, hookPoint(target.hook, model.cfg).name)
    .map((row) => row[target.index]);
  const searches = donors.map((ofTexts) =>
    ofTexts.map((donor, text) => new LineSearch(own[text], own[donor], gradient[text])),
  );
  const readout = numberReadout(hookPoint(target.hook, model.cfg).name, target.index);
  for (let i = 0; i < DOUBLINGS + NARROWINGS; i++) {
    if (searches.flat().every((search) => search.isDone)) break;
    const variants = searches.map((ofTexts) => ({
      hook: at,
      patch: [
        "set",
        (text: number) => along(stream[text], gradient[text], ofTexts[text].next),
      ] as const,
    }));
    const { patched } = await patch(model, texts, variants, { read: readout, clean });
    for (const [donor, ofTexts] of patched.entries()) {
      for (const [text, value] of ofTexts.entries()) searches[donor][text].saw(value!);
    }
  }
  const steps = searches.map((ofTexts) => ofTexts.map((search) => search.found));
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
  return steps.map((ofTexts) => [
    {
      hook,
      patch: [
        "set",
        (text: number) => along(stream[text], gradient[text], ofTexts[text] ?? 0),
      ] as const,
    },
    {
      hook: head.hook,
      index: head.index,
      patch: ["set", (text: number) => activation[text]] as const,
    },
  ]);
}

/** A stream moved so far along a direction. */
function along(stream: Float32Array, direction: Float32Array, step: number): Float32Array {
  return stream.map((value, i) => value + step * direction[i]);
}

function numberReadout(name: Readout<number>["hooks"][number], index: number): Readout<number> {
  return {
    hooks: [name],
    pos: "last",
    read: (activations) =>
      Array.from(
        tf.tidy(() =>
          tf.slice2d(activations.get(name) as tf.Tensor2D, [0, index], [-1, 1]).dataSync(),
        ),
      ),
  };
}

/** Looks for the step at which a number has a value: doubles until it is passed, then narrows down (Illinois). */
class LineSearch {
  next: number;
  private low: { step: number; miss: number };
  private high: { step: number; miss: number } | null = null;
  private result: number | null = null;
  private tries = 0;
  private readonly tolerance: number;
  private lastSide: "low" | "high" | null = null;

  constructor(
    from: number,
    private readonly to: number,
    gradient: Float32Array,
  ) {
    const square = gradient.reduce((sum, value) => sum + value * value, 0);
    this.low = { step: 0, miss: from - to };
    this.tolerance = CLOSE * Math.abs(to - from);
    this.next = square === 0 ? 0 : (to - from) / square;
    if (to === from) this.result = 0;
  }

  get isDone(): boolean {
    return this.result !== null || this.tries >= DOUBLINGS + NARROWINGS || this.next === 0;
  }

  /** The step; null if the value was not reached. */
  get found(): number | null {
    return this.result;
  }

  saw(value: number): void {
    if (this.isDone) return;
    this.tries++;
    const seen = { step: this.next, miss: value - this.to };
    if (Math.abs(seen.miss) <= this.tolerance) {
      this.result = seen.step;
      return;
    }
    if (Math.sign(seen.miss) === Math.sign(this.low.miss)) {
      if (!this.high) {
        if (this.tries > DOUBLINGS) this.tries = DOUBLINGS + NARROWINGS;
        // Not past it yet.
        if (Math.abs(seen.miss) < Math.abs(this.low.miss)) this.low = seen;
        this.next = seen.step * 2;
        return;
      }
      if (this.lastSide === "low") this.high = { ...this.high, miss: this.high.miss / 2 };
      this.low = seen;
      this.lastSide = "low";
    } else {
      if (this.lastSide === "high") this.low = { ...this.low, miss: this.low.miss / 2 };
      this.high = seen;
      this.lastSide = "high";
    }
    const { low, high } = this;
    this.next = low.step - (low.miss * (high!.step - low.step)) / (high!.miss - low.miss);
  }
}
