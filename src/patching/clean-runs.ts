import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type MeasuredPrompts, measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { HookPointName } from "../model/hook-names";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import type { TokenOptions } from "../model/token-batch";
import {
  type CleanRun,
  cleanRun,
  cleanRunOf,
  cleanTokens,
  DEFAULT_MAX_BYTES,
  filledUp,
  lastRows,
  promptBatches,
} from "./clean-run";
import { isOverKeys } from "./place";

/** Memory for activations that are kept, in bytes, unless another is given. */
const MOST_KEPT_BYTES = 2 ** 30;

export interface CleanRunsOptions extends TokenOptions {
  /**
   * Memory for what is kept, in bytes; 1 GiB if not given. What no longer fits is run again by each
   * step that needs it.
   */
  readonly maxBytes?: number;
}

/** A batch of prompts that was run, with the activations that are kept of it. */
interface KeptBatch {
  readonly tokens: readonly (readonly number[])[];
  readonly activations: Map<HookPoint, tf.Tensor3D>;
}

/** Where a prompt is kept. */
interface KeptPrompt {
  readonly batch: KeptBatch;
  readonly row: number;
}

/** Unpatched runs of some prompts, kept for all steps that need them. Only `cleanRuns` makes them. */
class CleanRuns {
  private readonly known: ReadonlySet<string>;
  private readonly kept = new Map<string, KeptPrompt>();
  private bytes = 0;
  private isDisposed = false;

  constructor(
    private readonly model: HookedTransformer,
    { tokens }: MeasuredPrompts,
    private readonly maxBytes: number,
  ) {
    this.known = new Set(tokens.map(keyOf));
  }

  /**
   * What `cleanRun` gives, as far as possible without running anything; what is run is kept where it fits.
   *
   * @throws InputError if a prompt is none of those that the runs are of, or it is another model.
   */
  run(
    model: HookedTransformer,
    prompts: readonly (readonly number[])[],
    numbers: readonly number[],
    hooks: readonly HookPoint[],
  ): CleanRun {
    const tokens = numbers.map((number) => prompts[number]);
    this.check(model, tokens);
    const length = Math.max(...tokens.map((ids) => ids.length));
    const found = tokens.map((ids) => this.kept.get(keyOf(ids)));
    const places = found.filter((place) => place !== undefined);
    // Over pairs of positions the padding of a batch is among the keys.
    const isPadded = ({ tokens }: KeptBatch) => tokens.some((ids) => ids.length !== length);
    const fits = !hooks.some(isOverKeys) || !places.some(({ batch }) => isPadded(batch));
    if (places.length < found.length || !fits) {
      const run = cleanRun(model, prompts, numbers, hooks);
      return places.length === 0 ? this.keep(run, hooks) : run;
    }
    return this.gathered({ numbers, tokens, length }, places, hooks);
  }

  /**
   * Runs prompts for all these activations at once, where one step after the other would run them for some;
   * nothing over pairs of positions. Once something is kept it does nothing: the steps know what is missing.
   *
   * @throws InputError as `run`.
   */
  runAll({ tokens }: MeasuredPrompts, hooks: readonly HookPoint[]): void {
    if (this.kept.size > 0) return;
    for (const batch of this.batchesOf(tokens)) {
      this.run(this.model, tokens, batch, [...new Set(hooks)]).dispose();
      // Where it cannot be kept each step runs what it needs, and this would be one run more.
      if (!this.kept.has(keyOf(tokens[batch[0]]))) return;
    }
  }

  /**
   * An activation at each prompt's measured position; nothing over pairs of positions.
   *
   * @returns `[prompt][size]`
   * @throws InputError as `patch`.
   */
  measured({ tokens }: MeasuredPrompts, name: HookPointName): Float32Array[] {
    const hook = hookPoint(name, this.model.cfg);
    const rows: Float32Array[] = [];
    for (const batch of this.batchesOf(tokens)) {
      const run = this.run(this.model, tokens, batch, [hook]);
      try {
        const values = lastRows(run, hook);
        const size = values.length / batch.length;
        batch.forEach((number, i) => {
          rows[number] = values.slice(i * size, (i + 1) * size);
        });
      } finally {
        run.dispose();
      }
    }
    return rows;
  }

  /** Frees what is kept; nothing can be run with it afterwards. */
  dispose(): void {
    this.isDisposed = true;
    for (const { batch } of this.kept.values()) tf.dispose([...batch.activations.values()]);
    this.kept.clear();
  }

  private batchesOf(tokens: MeasuredPrompts["tokens"]): number[][] {
    return promptBatches(tokens, cleanTokens(DEFAULT_MAX_BYTES, this.model.cfg), false);
  }

  private check(model: HookedTransformer, tokens: readonly (readonly number[])[]): void {
    if (this.isDisposed) {
      throw new InputError("these clean runs were disposed", { remedy: "Make them again." });
    }
    if (model !== this.model) {
      throw new InputError("these clean runs are of another model than the one that is patched");
    }
    const other = tokens.find((ids) => !this.known.has(keyOf(ids)));
    if (other === undefined) return;
    throw new InputError("these clean runs are of other prompts", {
      found: `token ids ${other.join(", ")}`,
      expected: "prompts that they were made for, up to the measured token",
    });
  }

  private keep(run: CleanRun, hooks: readonly HookPoint[]): CleanRun {
    const { tokens } = run;
    const activations = new Map(hooks.map((hook) => [hook, run.activation(hook)]));
    if (!this.hasRoomFor([...activations.values()])) return run;
    const batch = { tokens, activations };
    tokens.forEach((ids, row) => {
      if (!this.kept.has(keyOf(ids))) this.kept.set(keyOf(ids), { batch, row });
    });
    return cleanRunOf(run, activations, () => {});
  }

  private hasRoomFor(activations: readonly tf.Tensor[]): boolean {
    const bytes = activations.reduce((sum, { size }) => sum + 4 * size, 0);
    if (this.bytes + bytes > this.maxBytes) return false;
    this.bytes += bytes;
    return true;
  }

  /** A clean run of prompts that are kept; activations that are missing are run. */
  private gathered(
    prompts: Pick<CleanRun, "numbers" | "tokens" | "length">,
    places: readonly KeptPrompt[],
    hooks: readonly HookPoint[],
  ): CleanRun {
    const batches = [...new Set(places.map(({ batch }) => batch))];
    const own: tf.Tensor[] = [];
    const dispose = () => tf.dispose(own);
    try {
      const whole = batches.map((batch) => this.completed(batch, hooks, own));
      if (batches.length === 1) {
        const rows = places.map(({ row }) => row);
        return cleanRunOf(prompts, whole[0], dispose, rows);
      }
      const ofBatches = batches.map((batch) => places.filter((place) => place.batch === batch));
      const order = ofBatches.flat();
      const inOrder = places.map((place) => order.indexOf(place));
      const activations = new Map(
        hooks.map((hook) => {
          const activation = tf.tidy(() => {
            const parts = ofBatches.map((some, i) => {
              const rows = some.map(({ row }) => row);
              const chosen = tf.gather(whole[i].get(hook)!, tf.tensor1d(rows, "int32"));
              return filledUp(chosen, prompts.length);
            });
            const joined = tf.concat3d(parts, 0);
            const isInOrder = inOrder.every((place, i) => place === i);
            return tf.keep(isInOrder ? joined : tf.gather(joined, tf.tensor1d(inOrder, "int32")));
          });
          own.push(activation);
          return [hook, activation];
        }),
      );
      return cleanRunOf(prompts, activations, dispose);
    } catch (error) {
      dispose();
      throw error;
    }
  }

  /** A batch's activations, with those that were missing; what is not kept is put into `own`. */
  private completed(
    batch: KeptBatch,
    hooks: readonly HookPoint[],
    own: tf.Tensor[],
  ): ReadonlyMap<HookPoint, tf.Tensor3D> {
    const { tokens, activations } = batch;
    const missing = hooks.filter((hook) => !activations.has(hook));
    if (missing.length === 0) return activations;
    const run = cleanRun(this.model, tokens, [...tokens.keys()], missing);
    const added = missing.map((hook) => [hook, run.activation(hook)] as const);
    const tensors = added.map(([, activation]) => activation);
    if (!this.hasRoomFor(tensors)) {
      own.push(...tensors);
      return new Map([...activations, ...added]);
    }
    for (const [hook, activation] of added) activations.set(hook, activation);
    return activations;
  }
}

export type { CleanRuns };

function keyOf(tokens: readonly number[]): string {
  return tokens.join(" ");
}

/**
 * Keeps the unpatched runs of some prompts, so that several experiments on them run them once: given as
 * `clean` to `patch`, `scalingExperiment`, `neuronSweep` and what is made of them. Nothing is run before
 * it is needed, and of a run only what a step needs is kept; a later step that needs more of it runs the
 * prompts for what is missing.
 *
 * Numbers are those of runs that are not shared. Where two steps split the prompts into other batches,
 * their last float32 digit may differ.
 *
 * @param prompts as they are given to the experiments; all of them, or more. Where a head is read,
 *   those that `measurePrompts(head, prompts)` makes
 * @throws InputError if there is no prompt, one cannot be run, or `maxBytes` is no number from 0 on.
 * @example
 * const measured = measurePrompts(head, prompts);
 * const clean = cleanRuns(head.model, measured);
 * const { baseline } = await patchHead(head, measured, [["zero", 0]], { clean });
 * const first = { hook: head.hook, index: 0, patch: ["zero"] };
 * await patch(head.model, measured, [first], { read: head, clean }); // runs no prompt again
 * clean.dispose();
 */
export function cleanRuns(
  model: HookedTransformer,
  prompts: PromptInput,
  { maxBytes = MOST_KEPT_BYTES, prependBos }: CleanRunsOptions = {},
): CleanRuns {
  if (!(maxBytes >= 0)) {
    throw new InputError("not an amount of memory", {
      found: String(maxBytes),
      expected: "a number of bytes",
    });
  }
  return new CleanRuns(model, measurePrompts({ model }, prompts, { prependBos }), maxBytes);
}
