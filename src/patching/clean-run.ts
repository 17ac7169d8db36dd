import * as tf from "@tensorflow/tfjs-core";
import { keyValueHeads, type ModelConfig } from "../model/config";
import type { LayerKeysValues } from "../model/forward";
import type { HookPoint } from "../model/hook-points";
import { hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { byPosition } from "./activation-layout";
import type { CleanValues } from "./new-values";

/** Memory for the activations of patched runs, in bytes, unless another is given. */
export const DEFAULT_MAX_BYTES = 2 ** 28;

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
  /** An activation that was asked for, `[row, pos, size]`; what follows a prompt's end is padding. */
  activation(hook: HookPoint): tf.Tensor3D;
  /** Which row of them a prompt's is, by its place here. */
  rowOf(place: number): number;
  /** Keys and values that are there already, as `keysValues` gives them of its only prompt; dispose them. */
  readonly keysValues?: (layer: number, count: number) => LayerKeysValues;
  /** The numbers of an activation at one position, `[size]`. */
  valuesAt(hook: HookPoint, prompt: number, position: number): Float32Array;
  dispose(): void;
}

/**
 * Runs prompts, unpatched, and keeps the activations in `hooks`.
 *
 * Prompts of similar length are run as one batch, shorter ones filled up on the right, where causal
 * attention never looks.
 *
 * @param numbers which of `prompts`
 */
export function cleanRun(
  model: HookedTransformer,
  prompts: readonly (readonly number[])[],
  numbers: readonly number[],
  hooks: readonly HookPoint[],
): CleanRun {
  const tokens = numbers.map((number) => prompts[number]);
  const length = Math.max(...tokens.map((ids) => ids.length));
  const kept = activationsOf(model, tokens, length, hooks);
  return cleanRunOf({ numbers, tokens, length }, kept, () => tf.dispose([...kept.values()]));
}

/**
 * A clean run of activations that are there already.
 *
 * @param rows of the prompts in them; one after the other if not given
 */
export function cleanRunOf(
  prompts: Pick<CleanRun, "numbers" | "tokens" | "length">,
  activations: ReadonlyMap<HookPoint, tf.Tensor3D>,
  dispose: () => void,
  rows?: readonly number[],
): CleanRun {
  const rowOf = (place: number) => (rows ? rows[place] : place);
  const downloads = new Map<HookPoint, Float32Array>();
  return {
    ...prompts,
    activation: (hook) => activations.get(hook)!,
    rowOf,
    valuesAt(hook, prompt, position) {
      const activation = activations.get(hook)!;
      if (!downloads.has(hook)) downloads.set(hook, activation.dataSync() as Float32Array);
      const [, T, size] = activation.shape;
      const start = (rowOf(prompt) * T + position) * size;
      return downloads.get(hook)!.subarray(start, start + size);
    },
    dispose,
  };
}

/** The numbers of all prompts `tokens`, as some clean runs hold them between them. */
export function cleanValues(
  tokens: readonly (readonly number[])[],
  runs: readonly CleanRun[],
): CleanValues {
  const places = new Map(
    runs.flatMap((run) => run.numbers.map((number, place) => [number, { run, place }] as const)),
  );
  return {
    prompts: tokens.length,
    lengthOf: (prompt) => tokens[prompt].length,
    valuesAt(hook, prompt, position) {
      const { run, place } = places.get(prompt)!;
      return run.valuesAt(hook, place, position);
    },
  };
}

/** Activations `[prompt, length, size]` by hook, kept. */
function activationsOf(
  model: HookedTransformer,
  tokens: readonly (readonly number[])[],
  length: number,
  hooks: readonly HookPoint[],
): ReadonlyMap<HookPoint, tf.Tensor3D> {
  const batches = bySteps(tokens);
  const parts: ReadonlyMap<HookPoint, tf.Tensor3D>[] = [];
  try {
    for (const places of batches) {
      parts.push(
        batchActivations(
          model,
          places.map((place) => tokens[place]),
          hooks,
        ),
      );
    }
    if (parts.length === 1) return parts[0];
    const order = batches.flat();
    const rows = tokens.map((_, place) => order.indexOf(place));
    const joined = hooks.map((hook): [HookPoint, tf.Tensor3D] => {
      const whole = tf.tidy(() => {
        const filled = parts.map((part) => filledUp(part.get(hook)!, length));
        return tf.keep(tf.gather(tf.concat3d(filled, 0), tf.tensor1d(rows, "int32")));
      });
      for (const part of parts) part.get(hook)!.dispose();
      return [hook, whole];
    });
    return new Map(joined);
  } catch (error) {
    for (const part of parts) tf.dispose([...part.values()]);
    throw error;
  }
}

/** Places of prompts of similar length, together. */
function bySteps(tokens: readonly (readonly number[])[]): number[][] {
  const steps = new Map<number, number[]>();
  tokens.forEach((ids, place) => {
    const step = Math.ceil(ids.length / LENGTH_STEP);
    steps.set(step, [...(steps.get(step) ?? []), place]);
  });
  return [...steps.values()];
}

/** With padding up to a length, or without what is beyond it. Call it in a tidy. */
export function filledUp(activation: tf.Tensor3D, length: number): tf.Tensor3D {
  if (activation.shape[1] === length) return activation;
  if (activation.shape[1] > length) return tf.slice3d(activation, [0, 0, 0], [-1, length, -1]);
  return tf.pad3d(activation, [
    [0, 0],
    [0, length - activation.shape[1]],
    [0, 0],
  ]);
}

function batchActivations(
  model: HookedTransformer,
  tokens: readonly (readonly number[])[],
  hooks: readonly HookPoint[],
): ReadonlyMap<HookPoint, tf.Tensor3D> {
  const length = Math.max(...tokens.map((ids) => ids.length));
  const filled = tokens.map((ids) => [...ids, ...Array<number>(length - ids.length).fill(0)]);
  const [result, cache] = model.runWithCache(filled, {
    namesFilter: hooks.map(({ name }) => name),
    stopAtLayer: stopAfter(hooks, model.cfg),
  });
  result.dispose();
  try {
    return new Map(
      hooks.map((hook) => [
        hook,
        tf.keep(tf.tidy(() => tf.clone(byPosition(hook, cache.get(hook.name), tokens.length)))),
      ]),
    );
  } finally {
    cache.dispose();
  }
}

/** The block after the last one that computes any of the activations; none if the logits are needed. */
function stopAfter(hooks: readonly HookPoint[], cfg: ModelConfig): number | undefined {
  const last = Math.max(-1, ...hooks.map((hook) => hook.layer()));
  return last === cfg.n_layers ? undefined : last + 1;
}

/** The keys that scores are made of: turned, where positions turn them. */
export function keysHook(layer: number, cfg: ModelConfig): HookPoint {
  return hookPoint([cfg.positional_embedding_type === "rotary" ? "rot_k" : "k", layer], cfg);
}

/** Keys and values of the first `count` positions of some of its prompts, `[prompts, n_key_value_heads, count, d_head]`. */
export function keysValues(
  run: CleanRun,
  layer: number,
  prompts: readonly number[],
  count: number,
  cfg: ModelConfig,
): LayerKeysValues {
  const known = run.keysValues?.(layer, count);
  if (known) return known;
  const places = prompts.flatMap((prompt) => Array.from({ length: count }, (_, i) => [prompt, i]));
  const earlier = (hook: HookPoint) =>
    tf.tidy(() => {
      const all = run.activation(hook);
      const [, length, size] = all.shape;
      const flat = tf.reshape(all, [all.size / size, size]);
      const rows = places.map(([prompt, i]) => run.rowOf(prompt) * length + i);
      const first = tf.gather(flat, tf.tensor1d(rows, "int32"));
      const heads = keyValueHeads(cfg);
      const split = tf.reshape(first, [prompts.length, count, heads, size / heads]);
      return tf.transpose(split, [0, 2, 1, 3]) as tf.Tensor4D;
    });
  return { k: earlier(keysHook(layer, cfg)), v: earlier(hookPoint(["v", layer], cfg)) };
}

/**
 * Which prompts' clean runs are kept at the same time: not more tokens than `maxTokens`, filled up to
 * the longest.
 *
 * @param exact of the same length: where keys have places that are seen
 * @returns numbers of prompts
 */
export function promptBatches(
  prompts: readonly (readonly number[])[],
  maxTokens: number,
  exact: boolean,
): number[][] {
  const lengthOf = (number: number) => prompts[number].length;
  const batches: number[][] = [];
  const byLength = prompts.map((_, number) => number).sort((a, b) => lengthOf(a) - lengthOf(b));
  for (const number of byLength) {
    const batch = batches[batches.length - 1];
    const fits =
      batch &&
      (!exact || lengthOf(batch[0]) === lengthOf(number)) &&
      (batch.length + 1) * lengthOf(number) <= maxTokens;
    if (fits) batch.push(number);
    else batches.push([number]);
  }
  return batches.map((batch) => batch.sort((a, b) => a - b));
}

/** How many tokens' clean runs fit into an amount of memory. */
export function cleanTokens(maxBytes: number, cfg: ModelConfig): number {
  // Keys and values of all layers, and a dozen vectors of one layer while it is computed.
  const keysValues = 2 * cfg.n_layers * keyValueHeads(cfg) * cfg.d_head;
  return Math.max(Math.floor(maxBytes / (4 * (keysValues + 16 * widest(cfg)))), 1);
}

/** Numbers of a vector of the residual stream or of all heads, of which a head may be longer. */
export function widest({ d_model, n_heads, d_head }: ModelConfig): number {
  return Math.max(d_model, n_heads * d_head);
}

/** An activation at the last position of each prompt, `[prompt · size]`. */
export function lastRows(run: CleanRun, hook: HookPoint): Float32Array {
  const rows = tf.tidy(() => {
    const activation = run.activation(hook);
    const [, T, size] = activation.shape;
    const last = run.tokens.map((ids, place) => run.rowOf(place) * T + ids.length - 1);
    const flat = tf.reshape(activation, [activation.size / size, size]);
    return tf.gather(flat, tf.tensor1d(last, "int32"));
  });
  const values = rows.dataSync() as Float32Array;
  rows.dispose();
  return values;
}
