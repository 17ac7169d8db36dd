/**
 * Runs patched rows from where they are patched.
 *
 * A patch changes no earlier position and no earlier layer. So one clean run keeps the residual
 * stream, keys and values; every patched variant is then its positions from the patched one on,
 * through the layers from the patched one on, all variants of all prompts as one batch. Rows of one
 * prompt share the keys and values of the positions before.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { ActivationVisitor } from "../model/activation-visitor";
import type { ModelConfig } from "../model/config";
import { block, embed, type LayerKeysValues, mlpHalf, unembed } from "../model/forward";
import { type HookPoint, hookPoint } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { attentionBiases, type Positions } from "../model/positions";
import { rotaryAngles } from "../model/rotary-positions";
import { atLast, byPosition } from "./activation-layout";
import { type CleanRun, keysHook, keysValues } from "./clean-run";

/** Rows that are run as one batch: `variants` of each prompt, one prompt after the other. */
export interface SuffixRows {
  readonly clean: CleanRun;
  /** Places of the prompts in the clean run. */
  readonly prompts: readonly number[];
  /** First position that is run, of each prompt. */
  readonly first: readonly number[];
  /** How many positions are run, up to the last. */
  readonly length: number;
  /** How many rows each prompt has. */
  readonly variants: number;
}

/** What is run and what is looked at. */
export interface SuffixPlan {
  /** Where the run starts, as a hook point's `start`. */
  readonly start: number;
  /** What is read from the patched run. */
  readonly reads: readonly HookPoint[];
  /** Keep the last position only, or all that are run. */
  readonly pos: "last" | "all";
  /** Whether something after the last block is patched. */
  readonly editsUnembedding: boolean;
}

/** A change to one activation of the rows, `[row, pos, …]`. */
export interface ActivationEdit {
  apply<T extends tf.Tensor>(activation: T): T;
}

/** Changes on the way. */
export interface SuffixEdits {
  readonly byHook: ReadonlyMap<HookPoint, ActivationEdit>;
  /** Added to the residual stream where the run starts, `[row, pos, d_model]`. */
  readonly writes: tf.Tensor3D | null;
}

/**
 * The residual stream at a start: the last activation before it, which the run itself does not come
 * by, or what the first block is given.
 */
function residualAt(start: number, cfg: ModelConfig): HookPoint {
  if (start === 0) return hookPoint(["resid_pre", 0], cfg);
  return start % 2 === 0
    ? hookPoint(["resid_post", start / 2 - 1], cfg)
    : hookPoint(["resid_mid", (start - 1) / 2], cfg);
}

/** Activations of the clean run that a run from there needs: the residual stream, keys and values. */
export function neededActivations(
  start: number,
  reads: readonly HookPoint[],
  cfg: ModelConfig,
): HookPoint[] {
  return [
    ...(start >= 0 ? [residualAt(start, cfg)] : []),
    ...attendingLayers(start, reads, cfg).flatMap((layer) => [
      keysHook(layer, cfg),
      hookPoint(["v", layer], cfg),
    ]),
  ];
}

/** Blocks whose earlier keys and values a run needs. */
function attendingLayers(start: number, reads: readonly HookPoint[], cfg: ModelConfig): number[] {
  const first = Math.max(Math.ceil(start / 2), 0);
  const end = lastLayer(reads, cfg);
  return Array.from({ length: Math.max(end - first, 0) }, (_, i) => first + i);
}

/** One past the last block that has to be run. */
function lastLayer(reads: readonly HookPoint[], cfg: ModelConfig): number {
  return Math.min(Math.max(...reads.map((hook) => hook.layer())) + 1, cfg.n_layers);
}

/** Keys and values before each prompt's first position, by block; kept until they are disposed. */
export function pastOf(
  model: HookedTransformer,
  { clean, prompts, first }: Pick<SuffixRows, "clean" | "prompts" | "first">,
  { start, reads }: Pick<SuffixPlan, "start" | "reads">,
): ReadonlyMap<number, LayerKeysValues> {
  const longest = Math.max(...first);
  if (longest === 0) return new Map();
  const layers = attendingLayers(start, reads, model.cfg);
  return new Map(
    layers.map((layer) => [layer, keysValues(clean, layer, prompts, longest, model.cfg)]),
  );
}

/** Ends a run where everything that is read has been: what the block computes after it nobody sees. */
const ALL_READ = Symbol("all read");

/**
 * Activations of patched rows, `[row, size]` or `[row, pos, size]`; dispose them.
 */
export function runSuffix(
  model: HookedTransformer,
  rows: SuffixRows,
  { start, reads, pos, editsUnembedding }: SuffixPlan,
  { byHook, writes }: SuffixEdits,
  past: ReadonlyMap<number, LayerKeysValues>,
): ReadonlyMap<HookPoint, tf.Tensor> {
  const { cfg, weights } = model;
  const kept = new Map<HookPoint, tf.Tensor>();
  const points: ReadonlyMap<string, HookPoint> = model.hookDict;
  const at: ActivationVisitor = (name, value) => {
    const point = points.get(name)!;
    const current = byHook.get(point)?.apply(value) ?? value;
    if (reads.includes(point)) {
      const flat = byPosition(point, current, rows.prompts.length * rows.variants);
      kept.set(point, tf.keep(tf.clone(pos === "last" ? atLast(flat) : flat)));
      if (kept.size === reads.length) throw ALL_READ;
    }
    return current;
  };
  const useAttnResult = [...reads, ...byHook.keys()].some(
    ({ nameInBlock }) => nameInBlock === "attn.hook_result",
  );
  try {
    tf.tidy(() => {
      const positions = positionsOf(cfg, rows);
      let residual = startResidual(model, rows, start, positions, at);
      if (writes) residual = tf.add(residual, writes);
      if (start > 0) residual = at(residualAt(start, cfg).name, residual);
      for (let layer = Math.max(Math.floor(start / 2), 0); layer < lastLayer(reads, cfg); layer++) {
        const options = { at, useAttnResult, past: past.get(layer) };
        const next =
          start === 2 * layer + 1
            ? mlpHalf(weights.blocks[layer], cfg, layer, residual, options)
            : block(weights.blocks[layer], cfg, layer, residual, positions, options);
        residual.dispose();
        residual = next;
      }
      if (reads.some((hook) => hook.layer() === cfg.n_layers)) {
        const needed = pos === "last" && !editsUnembedding ? lastOnly(residual) : residual;
        unembed(weights, cfg, needed, { at });
      }
    });
    return kept;
  } catch (error) {
    if (error === ALL_READ) return kept;
    tf.dispose([...kept.values()]);
    throw error;
  }
}

/**
 * Activations of the clean run for rows, where no patch can change them: as `runSuffix` gives them.
 */
export function unpatchedRows(
  { clean, prompts, variants }: SuffixRows,
  hook: HookPoint,
  pos: "last" | "all",
): tf.Tensor {
  return tf.tidy(() => {
    const activation = clean.activation(hook);
    const [, T, size] = activation.shape;
    const lengths = prompts.map((prompt) => clean.tokens[prompt].length);
    if (pos === "all") {
      // Rows that are read at all positions are of one length.
      const rows = prompts.map((prompt) => clean.rowOf(prompt));
      const ofPrompts = tf.gather(activation, repeated(rows, variants));
      return tf.slice3d(ofPrompts, [0, 0, 0], [-1, lengths[0], -1]);
    }
    const last = prompts.map((prompt, i) => clean.rowOf(prompt) * T + lengths[i] - 1);
    const flat = tf.reshape(activation, [activation.size / size, size]);
    return tf.gather(flat, repeated(last, variants));
  });
}

/** Residual stream of the rows where they start, `[row, pos, d_model]`. */
function startResidual(
  model: HookedTransformer,
  rows: SuffixRows,
  start: number,
  positions: Positions,
  at: ActivationVisitor,
): tf.Tensor3D {
  const { clean, prompts, first, length, variants } = rows;
  if (start < 0) {
    const tokens = prompts.flatMap((prompt, i) => {
      const ids = clean.tokens[prompt].slice(first[i]);
      return Array.from({ length: variants }, () => ids).flat();
    });
    const ids = tf.tensor2d(tokens, [prompts.length * variants, length], "int32");
    return embed(model.weights, ids, positions, { at });
  }
  return tf.tidy(() => {
    const residual = clean.activation(residualAt(start, model.cfg));
    const [, T, size] = residual.shape;
    const flat = tf.reshape(residual, [residual.size / size, size]);
    const places = prompts.flatMap((prompt, i) => {
      const ofRow = Array.from(
        { length },
        (_, position) => clean.rowOf(prompt) * T + first[i] + position,
      );
      return Array.from({ length: variants }, () => ofRow).flat();
    });
    const chosen = tf.gather(flat, tf.tensor1d(places, "int32"));
    return tf.reshape(chosen, [prompts.length * variants, length, size]);
  });
}

/** Each row sees the positions of its prompt before it, and of its own those up to each. */
function positionsOf(
  config: ModelConfig,
  { prompts, first, length, variants }: SuffixRows,
): Positions {
  const longest = Math.max(...first);
  const isSame = first.every((position) => position === longest);
  const rows = isSame ? 1 : prompts.length * variants;
  const startOf = (row: number) => first[Math.floor(row / variants)];
  const ids = Int32Array.from(
    { length: rows * length },
    (_, i) => startOf(Math.floor(i / length)) + (i % length),
  );
  return {
    ids: tf.tensor2d(ids, [rows, length], "int32"),
    rotary: rotaryAngles(config, ids, [rows, length]),
    ...attentionBiases(config, {
      ...{ rows, queries: length, keys: longest + length },
      // The first `longest` places are of earlier positions, of which a row has those before its own.
      seen(row, query, window) {
        const start = startOf(row);
        const first = Math.max(start + query + 1 - window, 0);
        return [
          [Math.min(first, start), start],
          [longest + Math.max(first - start, 0), longest + query + 1],
        ];
      },
    }),
  };
}

function lastOnly(residual: tf.Tensor3D): tf.Tensor3D {
  const [B, T, D] = residual.shape;
  return tf.slice3d(residual, [0, T - 1, 0], [B, 1, D]);
}

function repeated(numbers: readonly number[], times: number): tf.Tensor1D {
  const list = numbers.flatMap((number) => Array<number>(times).fill(number));
  return tf.tensor1d(list, "int32");
}
