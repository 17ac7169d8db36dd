import * as tf from "@tensorflow/tfjs-core";
import type { LayerKeysValues } from "../model/forward";
import type { HookedTransformer } from "../model/hooked-transformer";
import { byPosition } from "./activation-layout";

/** Prompts whose lengths lie in the same span of this many tokens are run as one batch. */
const LENGTH_STEP = 16;

/** What is kept of an unpatched run of some prompts. The tensors are its own: dispose it. */
export interface CleanRun {
  /** Which of all prompts, by number. */
  readonly numbers: readonly number[];
  /** Their token ids. */
  readonly tokens: readonly (readonly number[])[];
  /** Length of the longest. */
  readonly length: number;
  /** An activation that was asked for, `[prompt, pos, size]`; what follows a prompt's end is padding. */
  activation(hook: string): tf.Tensor3D;
  /** The numbers of an activation at one position, `[size]`. */
  valuesAt(hook: string, prompt: number, position: number): Float32Array;
  dispose(): void;
}

/**
 * Runs prompts as one batch, unpatched, and keeps the activations in `hooks`.
 *
 * Shorter prompts are filled up on the right, where causal attention never looks.
 *
 * @param numbers which of `prompts`
 */
export function cleanRun(
  model: HookedTransformer,
  prompts: readonly (readonly number[])[],
  numbers: readonly number[],
  hooks: readonly string[],
): CleanRun {
  const { n_layers } = model.cfg;
  const tokens = numbers.map((number) => prompts[number]);
  const length = Math.max(...tokens.map((ids) => ids.length));
  const filled = tokens.map((ids) => [...ids, ...Array<number>(length - ids.length).fill(0)]);
  const needsLogits = hooks.some((hook) => /^(ln_final|unembed)\./.test(hook));
  const [result, cache] = model.runWithCache(filled, {
    namesFilter: [...hooks],
    stopAtLayer: needsLogits ? undefined : n_layers,
  });
  result.dispose();
  const kept = new Map<string, tf.Tensor3D>();
  const downloads = new Map<string, Float32Array>();
  try {
    for (const hook of hooks) {
      kept.set(hook, tf.keep(tf.tidy(() => tf.clone(byPosition(hook, cache.get(hook))))));
    }
  } finally {
    cache.dispose();
  }
  return {
    numbers,
    tokens,
    length,
    activation: (hook) => kept.get(hook)!,
    valuesAt(hook, prompt, position) {
      const activation = kept.get(hook)!;
      if (!downloads.has(hook)) downloads.set(hook, activation.dataSync() as Float32Array);
      const [, T, size] = activation.shape;
      const start = (prompt * T + position) * size;
      return downloads.get(hook)!.subarray(start, start + size);
    },
    dispose: () => tf.dispose([...kept.values()]),
  };
}

/** Keys and values of the first `count` positions of some of its prompts, `[prompts, n_heads, count, d_head]`. */
export function keysValues(
  run: CleanRun,
  layer: number,
  prompts: readonly number[],
  count: number,
  n_heads: number,
): LayerKeysValues {
  const earlier = (hook: string) =>
    tf.tidy(() => {
      const all = run.activation(`blocks.${layer}.attn.hook_${hook}`);
      const [, , size] = all.shape;
      const chosen = tf.gather(all, tf.tensor1d([...prompts], "int32"));
      const first = tf.slice3d(chosen, [0, 0, 0], [-1, count, -1]);
      const split = tf.reshape(first, [prompts.length, count, n_heads, size / n_heads]);
      return tf.transpose(split, [0, 2, 1, 3]) as tf.Tensor4D;
    });
  return { k: earlier("k"), v: earlier("v") };
}

/**
 * Which prompts are run together: of similar length, and not more tokens than `maxTokens`.
 *
 * @param exact of the same length: where keys have places that are seen
 * @returns numbers of prompts
 */
export function promptBatches(
  prompts: readonly (readonly number[])[],
  maxTokens: number,
  exact: boolean,
): number[][] {
  const width = exact ? 1 : LENGTH_STEP;
  const step = (number: number) => Math.ceil(prompts[number].length / width);
  const batches: number[][] = [];
  const bySteps = prompts.map((_, number) => number).sort((a, b) => step(a) - step(b) || a - b);
  for (const number of bySteps) {
    const batch = batches[batches.length - 1];
    const fits =
      batch &&
      step(batch[0]) === step(number) &&
      (batch.length + 1) * step(number) * width <= maxTokens;
    if (fits) batch.push(number);
    else batches.push([number]);
  }
  return batches;
}
