/**
 * Runs a patched last token without running the rest again.
 *
 * A patch at the last position changes no earlier position and no earlier layer. So one clean run
 * keeps the residual stream before the patched layer and the keys and values from there on; every
 * patched variant is then one token through the remaining layers, all variants as one batch.
 */
import * as tf from "@tensorflow/tfjs-core";
import {
  type ActivationVisitor,
  block,
  embed,
  type LayerKeysValues,
  type Positions,
  unembed,
} from "../model/forward";
import { layerOfHook } from "../model/hook-names";
import type { HookedTransformer } from "../model/hooked-transformer";

/** Rows of one batch; bounds the memory for copies of the keys and values. */
const ROWS_PER_BATCH = 1024;

/** What a clean run of one prompt leaves for its patched variants. Tensors: dispose it. */
export interface SuffixState {
  /** The last token's id, `[1, 1]`. */
  readonly lastToken: tf.Tensor2D;
  /** Its position. */
  readonly position: number;
  /** First block that a variant runs. */
  readonly startLayer: number;
  /** Residual stream before that block at the last position, `[1, 1, d_model]`. */
  readonly residual: tf.Tensor3D;
  /** Per block from `startLayer` on, keys and values of the positions before the last; null if there are none. */
  readonly past: readonly (LayerKeysValues | null)[];
}

/** What to run and what to look at. */
export interface SuffixPlan {
  /** The hook that is patched. */
  readonly hook: string;
  /** Coordinate in the activation at the last position, over all axes after the position. */
  readonly index: number;
  /** Which activations to read at the last position. */
  readonly read: readonly string[];
}

/** Activations at the last position by hook, flattened to `[variants, size]`. */
export type ReadActivations = ReadonlyMap<string, tf.Tensor2D>;

/** Runs a prompt once, unpatched, and keeps what its variants need. */
export function cleanRun(
  model: HookedTransformer,
  tokens: readonly number[],
  { hook, read }: SuffixPlan,
): SuffixState {
  const { cfg } = model;
  const firstLayer = Math.min(...[hook, ...read].map((name) => layerOfHook(name, cfg)));
  const startLayer = Math.max(firstLayer, 0);
  const position = tokens.length - 1;
  const wanted = layersFrom(startLayer, cfg.n_layers).flatMap((layer) => [
    `blocks.${layer}.attn.hook_k`,
    `blocks.${layer}.attn.hook_v`,
  ]);
  // The residual stream before block L is resid_pre[L]; before the unembedding, resid_post of the last.
  const residualName =
    startLayer < cfg.n_layers
      ? `blocks.${startLayer}.hook_resid_pre`
      : `blocks.${cfg.n_layers - 1}.hook_resid_post`;
  const [end, cache] = model.runWithCache([...tokens], {
    namesFilter: [residualName, ...wanted],
    stopAtLayer: cfg.n_layers,
  });
  end.dispose();
  try {
    return keepAll(() => ({
      lastToken: tf.tensor2d([tokens[position]], [1, 1], "int32"),
      position,
      startLayer,
      residual: tf.slice3d(cache.get(residualName) as tf.Tensor3D, [0, position, 0], [1, 1, -1]),
      past: layersFrom(startLayer, cfg.n_layers).map((layer) =>
        position === 0
          ? null
          : {
              k: byHead(cache.get(`blocks.${layer}.attn.hook_k`), position),
              v: byHead(cache.get(`blocks.${layer}.attn.hook_v`), position),
            },
      ),
    }));
  } finally {
    cache.dispose();
  }
}

/** `[1, pos, n_heads, d_head]` → the first `count` positions as `[1, n_heads, count, d_head]`. */
function byHead(tensor: tf.Tensor, count: number): tf.Tensor4D {
  const [, , H, K] = tensor.shape;
  const earlier = tf.slice4d(tensor as tf.Tensor4D, [0, 0, 0, 0], [1, count, H!, K!]);
  return tf.transpose(earlier, [0, 2, 1, 3]);
}

/**
 * The last token's activations when coordinate `index` of `hook` is given each of `values`.
 *
 * @param values one a variant; null leaves the activation as it is
 * @returns a tensor `[values.length, size]` for each name in `plan.read`; dispose them.
 */
export function runVariants(
  model: HookedTransformer,
  state: SuffixState,
  values: readonly (number | null)[],
  plan: SuffixPlan,
): ReadActivations {
  const parts: ReadActivations[] = [];
  for (let first = 0; first < values.length; first += ROWS_PER_BATCH) {
    parts.push(runBatch(model, state, values.slice(first, first + ROWS_PER_BATCH), plan));
  }
  if (parts.length === 1) return parts[0];
  const joined = plan.read.map(
    (name) =>
      [
        name,
        tf.concat2d(
          parts.map((part) => part.get(name)!),
          0,
        ),
      ] as const,
  );
  for (const part of parts) tf.dispose([...part.values()]);
  return new Map(joined);
}

function runBatch(
  model: HookedTransformer,
  state: SuffixState,
  values: readonly (number | null)[],
  { hook, index, read }: SuffixPlan,
): ReadActivations {
  const { cfg, weights } = model;
  const rows = values.length;
  const kept = new Map<string, tf.Tensor2D>();
  const wanted = new Set(read);
  const keep = (name: string, value: tf.Tensor) => {
    const flat = tf.reshape(value, [rows, value.size / rows]) as tf.Tensor2D;
    kept.set(name, tf.keep(tf.clone(flat)));
  };
  const at: ActivationVisitor = (name, value) => {
    const current = name === hook ? withColumn(value, index, values) : value;
    if (wanted.has(name)) keep(name, current);
    return current;
  };
  const useAttnResult = [hook, ...read].some((name) => name.endsWith(".hook_result"));
  const startsAtEmbedding = [hook, ...read].some((name) => layerOfHook(name, cfg) < 0);
  const last = Math.max(...read.map((name) => layerOfHook(name, cfg)));
  try {
    tf.tidy(() => {
      let residual = startResidual(model, state, rows, startsAtEmbedding, at);
      for (let layer = state.startLayer; layer < Math.min(last + 1, cfg.n_layers); layer++) {
        const past = state.past[layer - state.startLayer];
        const options = { at, useAttnResult, past: past ? tiled(past, rows) : undefined };
        const next = block(
          weights.blocks[layer],
          cfg,
          layer,
          residual,
          lastPosition(state),
          options,
        );
        residual.dispose();
        residual = next;
      }
      if (last >= cfg.n_layers) unembed(weights, cfg, residual, { at });
    });
    return kept;
  } catch (error) {
    tf.dispose([...kept.values()]);
    throw error;
  }
}

function startResidual(
  model: HookedTransformer,
  state: SuffixState,
  rows: number,
  startsAtEmbedding: boolean,
  at: ActivationVisitor,
): tf.Tensor3D {
  return tf.tidy(() =>
    startsAtEmbedding
      ? embed(model.weights, tf.tile(state.lastToken, [rows, 1]), lastPosition(state), { at })
      : tf.tile(state.residual, [rows, 1, 1]),
  );
}

/** The last position sees every position before it and itself. */
function lastPosition({ position }: SuffixState): Positions {
  return {
    ids: tf.tensor2d([position], [1, 1], "int32"),
    attentionBias: tf.zeros([1, 1, 1, position + 1]),
  };
}

function tiled({ k, v }: LayerKeysValues, rows: number): LayerKeysValues {
  return { k: tf.tile(k, [rows, 1, 1, 1]), v: tf.tile(v, [rows, 1, 1, 1]) };
}

/** The activation with coordinate `index` of each row replaced, in exact float32. */
function withColumn<T extends tf.Tensor>(
  activation: T,
  index: number,
  values: readonly (number | null)[],
): T {
  return tf.tidy(() => {
    const rows = values.length;
    const size = activation.size / rows;
    const flat = tf.reshape(activation, [rows, size]);
    const column = tf.slice2d(flat as tf.Tensor2D, [0, index], [rows, 1]).dataSync<"float32">();
    const replaced = Float32Array.from(column, (value, row) => values[row] ?? value);
    const joined = tf.concat2d(
      [
        tf.slice2d(flat as tf.Tensor2D, [0, 0], [rows, index]),
        tf.tensor2d(replaced, [rows, 1]),
        tf.slice2d(flat as tf.Tensor2D, [0, index + 1], [rows, size - index - 1]),
      ],
      1,
    );
    return tf.reshape(joined, activation.shape) as T;
  });
}

function layersFrom(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/** Runs `make` in a tidy and keeps every tensor in what it returns. */
function keepAll(make: () => SuffixState): SuffixState {
  return tf.tidy(() => {
    const state = make();
    const tensors = [
      state.lastToken,
      state.residual,
      ...state.past.flatMap((kv) => (kv ? [kv.k, kv.v] : [])),
    ];
    for (const tensor of tensors) tf.keep(tensor);
    return state as never;
  });
}

/** Frees what a clean run kept. */
export function disposeState(state: SuffixState): void {
  tf.dispose([state.lastToken, state.residual]);
  for (const layer of state.past) if (layer) tf.dispose([layer.k, layer.v]);
}
