import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { LayerKeysValues } from "../model/forward";
import type { HookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { disposeKeysValues } from "../model/key-value-cache";
import { type CleanRun, cleanRun, cleanRunOf, keysValues } from "./clean-run";
import { cleanRuns } from "./clean-runs";
import type { PatchOptions } from "./patch";
import { isOverKeys } from "./place";
import { neededActivations } from "./suffix-run";

/** One unpatched run of a prompt, of which every beginning can be patched at its last token. */
export interface PrefixRuns {
  /** The prompt's first tokens, up to a position: what `patch` is given as prompt. */
  upTo(position: number): readonly number[];
  /** What `patch` is given beside it. */
  readonly clean: NonNullable<PatchOptions<unknown>["clean"]>;
  /** An activation at every position of the prompt, `[pos, size]`; dispose it. */
  activation(hook: HookPoint): tf.Tensor2D;
  /** Frees what is kept; nothing can be patched with it afterwards. */
  dispose(): void;
}

export interface PrefixRunsOptions {
  /** What will be patched, and what will be read: what that needs is kept of the first run. */
  readonly patched: HookPoint;
  readonly reads: readonly HookPoint[];
  /** What else is kept of it. */
  readonly kept?: readonly HookPoint[];
}

/**
 * Keeps the unpatched run of one prompt for patches at any of its tokens: what comes after a token changes
 * nothing there, so the run of the whole prompt holds that of each of its beginnings.
 *
 * @param tokens ids that the model can run
 * @throws InputError if the prompt cannot be run, or it is disposed.
 */
export function prefixRuns(
  model: HookedTransformer,
  tokens: readonly number[],
  { patched, reads, kept = [patched] }: PrefixRunsOptions,
): PrefixRuns {
  const { cfg } = model;
  const whole = cleanRuns(model, [tokens]);
  const hooks = [...kept, ...neededActivations(patched.start, reads, cfg)];
  const before = keysValuesBefore();
  const runOf = (asked: readonly HookPoint[]) =>
    whole.run(model, [tokens], [0], [...new Set([...hooks, ...asked])]);

  return {
    upTo: (position) => tokens.slice(0, position + 1),
    clean: {
      run(other, prompts, numbers, asked) {
        const [ids] = numbers.map((number) => prompts[number]);
        const isBeginning = ids.every((id, position) => id === tokens[position]);
        if (other !== model || numbers.length > 1 || !isBeginning) {
          throw new InputError("these clean runs are of another prompt or model");
        }
        // Over pairs of positions the later ones are among the keys.
        if (asked.some(isOverKeys)) return cleanRun(model, prompts, numbers, asked);
        const run = runOf(asked);
        const activations = new Map(asked.map((hook) => [hook, run.activation(hook)]));
        const prompt = { numbers, tokens: [ids], length: tokens.length };
        const single = withRows(cleanRunOf(prompt, activations, run.dispose));
        return {
          ...single,
          keysValues: (layer, count) =>
            before.of(count, layer, () => keysValues(single, layer, [0], count, cfg)),
        };
      },
    },
    activation(hook) {
      const run = runOf([hook]);
      try {
        return tf.tidy(() => tf.clone(tf.squeeze<tf.Tensor2D>(run.activation(hook), [0])));
      } finally {
        run.dispose();
      }
    },
    dispose() {
      before.dispose();
      whole.dispose();
    },
  };
}

/** Keeps the keys and values before the position that was patched last: a drag asks for them again and again. */
function keysValuesBefore() {
  let kept = { count: -1, byLayer: new Map<number, LayerKeysValues>() };
  const dispose = () => disposeKeysValues([...kept.byLayer.values()]);
  return {
    dispose,
    /** Dispose them. */
    of(count: number, layer: number, make: () => LayerKeysValues): LayerKeysValues {
      if (count !== kept.count) {
        dispose();
        kept = { count, byLayer: new Map() };
      }
      const found = kept.byLayer.get(layer) ?? make();
      kept.byLayer.set(layer, found);
      return { k: tf.clone(tf.keep(found.k)), v: tf.clone(tf.keep(found.v)) };
    },
  };
}

/** Reads one row at a time: the whole of a long prompt's would be read again for every patch. */
function withRows(run: CleanRun): CleanRun {
  return {
    ...run,
    valuesAt(hook, prompt, position) {
      const row = tf.tidy(() =>
        tf.slice3d(run.activation(hook), [prompt, position, 0], [1, 1, -1]),
      );
      const values = row.dataSync() as Float32Array;
      row.dispose();
      return values;
    },
  };
}
