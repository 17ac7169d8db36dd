/**
 * Activation patching: the corrupted prompts are run with one activation at a time put back to what
 * it was on the clean prompts, and a metric on the logits says how much that restores.
 *
 * As TransformerLens's `patching.py`: one general function, and a family of named ones made from it.
 */
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { measurePrompts, type PromptInput } from "../heads/measured-prompts";
import type { ActivationCache } from "../model/activation-cache";
import type { ModelConfig } from "../model/config";
import type { ShortName } from "../model/hook-names";
import { type HookPoint, hookPoint, resolveLayer } from "../model/hook-points";
import type { HookedTransformer } from "../model/hooked-transformer";
import { byPosition } from "./activation-layout";
import { type PatchOptions, patch } from "./patch";
import { type Place, positionsOf, resolvePlace, spanOf, type Variant } from "./place";
import { type LogitMetric, metricReadout } from "./readout";

/** What is counted along an axis of the results. */
export type PatchAxis = "layer" | "pos" | "head" | "dest_pos" | "src_pos" | "neuron";

/** Numbers in lists, as deep as there are axes. */
export type Nested = number | Nested[];

/** Metrics by what was patched. */
export interface PatchGrid<Values extends Nested = Nested> {
  readonly axes: readonly (PatchAxis | "patch_type")[];
  /** What stands along each axis, such as the layers' numbers. */
  readonly labels: readonly (readonly (number | string)[])[];
  /** The metric of each patch, along the axes; what is drawn as a heat map. */
  readonly values: Values;
}

export interface ActPatchOptions
  extends Pick<PatchOptions<number>, "prependBos" | "maxBytes" | "progress"> {
  /** Only these layers; all if not given. */
  readonly layers?: readonly number[];
  /** Only these positions, along axes of positions; all if not given. */
  readonly positions?: readonly number[];
  /** Which positions' logits the metric is given; "last" is much faster. */
  readonly logitsPos?: "all" | "last";
}

/** A named activation patch: `getActPatch…(model, corruptedTokens, cleanCache, patchingMetric)`. */
export type ActPatch<Values extends Nested> = (
  model: HookedTransformer,
  corruptedTokens: PromptInput,
  cleanCache: ActivationCache,
  patchingMetric: LogitMetric,
  options?: ActPatchOptions,
) => Promise<PatchGrid<Values>>;

/**
 * Runs corrupted prompts with each of some activations from the clean run in its place.
 *
 * Only what lies behind a patch is run again, all patches that start at one place as one batch.
 *
 * @param corruptedTokens texts or token ids of the same length, `[batch, pos]`
 * @param cleanCache of a run of as many prompts of that length; it must hold the activation in all layers
 * @param patchingMetric a number from the logits `[batch, pos, d_vocab]` of all prompts
 * @param activationName a short name such as "resid_pre" or "z"
 * @param axes what is patched one by one; what is not an axis is patched as a whole. In `pattern`
 *   "dest_pos" is the query's position and "src_pos" the key's; "head" in `k` and `v` is a head of
 *   keys and values, of which there may be fewer than of queries
 * @throws InputError if the clean run is of another shape or does not hold the activation, or an
 *   axis is none of the activation's.
 * @example
 * const [logits, cleanCache] = model.runWithCache("The king said");
 * const metric = (logits) => logits.gather([42], 2).mean();
 * const { values } = await genericActivationPatch(model, "The dog said", cleanCache, metric, "mlp_out", ["layer"]);
 * tf.dispose(logits);
 * cleanCache.dispose();
 */
export async function genericActivationPatch<Values extends Nested = Nested>(
  model: HookedTransformer,
  corruptedTokens: PromptInput,
  cleanCache: ActivationCache,
  patchingMetric: LogitMetric,
  activationName: ShortName,
  axes: readonly PatchAxis[],
  { layers, positions, logitsPos = "all", ...options }: ActPatchOptions = {},
): Promise<PatchGrid<Values>> {
  const { cfg } = model;
  const measured = measurePrompts({ model }, corruptedTokens, options);
  const { tokens } = measured;
  const length = tokens[0].length;
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  const along: Record<PatchAxis, readonly number[]> = {
    layer: layers?.map((layer) => resolveLayer(layer, cfg)) ?? range(cfg.n_layers),
    pos: positions ?? range(length),
    dest_pos: positions ?? range(length),
    src_pos: range(length),
    head: range(hookPoint([activationName, 0], cfg).heads ?? cfg.n_heads),
    neuron: range(cfg.d_mlp),
  };
  if (axes[0] !== "layer") {
    throw new InputError("the first axis of activation patching is the layer", {
      found: axes.join(", "),
    });
  }
  const labels = axes.map((axis) => along[axis]);
  const cleanValues = cleanValuesOf(cleanCache, tokens, model);
  const variants = combinations(labels).map((indices): Variant => {
    const place = placeOf(activationName, axes, indices);
    return { ...place, patch: ["set", (prompt) => cleanValues(place, prompt)] };
  });
  const { patched } = await patch(model, measured, variants, {
    ...options,
    read: metricReadout(patchingMetric, tokens.length, logitsPos),
  });
  const values = patched.map(([value]) => value as number);
  return {
    axes,
    labels,
    values: nested(
      values,
      labels.map((l) => l.length),
    ) as Values,
  };
}

function placeOf(name: ShortName, axes: readonly PatchAxis[], indices: readonly number[]): Place {
  const at = (...names: PatchAxis[]) => indices[axes.findIndex((axis) => names.includes(axis))];
  return {
    hook: [name, at("layer")],
    pos: at("pos", "dest_pos") ?? "all",
    head: at("head"),
    index: at("src_pos", "neuron"),
  };
}

/** The numbers of a place in the clean run, at all its positions one after the other. */
function cleanValuesOf(
  cache: ActivationCache,
  tokens: readonly (readonly number[])[],
  model: HookedTransformer,
): (place: Place, prompt: number) => Float32Array {
  const byHook = new Map<HookPoint, { data: Float32Array; size: number }>();
  const length = tokens[0].length;
  const activation = (hook: HookPoint) => {
    const known = byHook.get(hook);
    if (known) return known;
    const flat = tf.tidy(() => {
      const clean = cache.get(hook.name);
      const values = byPosition(hook, clean, clean.shape[0]);
      const [B, T, size] = values.shape;
      if (B !== tokens.length || T !== length || tokens.some((ids) => ids.length !== length)) {
        throw new InputError("the clean run is not of as many prompts of the same length", {
          found: `${B} clean prompts of ${T} tokens; corrupted ones of ${tokens.map((ids) => ids.length).join(", ")}`,
        });
      }
      const data = values.dataSync<"float32">() as Float32Array;
      return { data, size } as never;
    }) as { data: Float32Array; size: number };
    byHook.set(hook, flat);
    return flat;
  };
  return (place, prompt) => {
    const resolved = resolvePlace(place, model);
    const { data, size } = activation(resolved.hook);
    const span = spanOf(resolved, model.cfg, length);
    const at = positionsOf(resolved.pos, length, prompt);
    const values = new Float32Array(at.length * span.length);
    at.forEach((position, i) => {
      const from = (prompt * length + position) * size + span.start;
      values.set(data.subarray(from, from + span.length), i * span.length);
    });
    return values;
  };
}

/** Every choice of one from each list, the last changing fastest. */
function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>(
    (before, list) => before.flatMap((start) => list.map((next) => [...start, next])),
    [[]],
  );
}

function nested(values: readonly number[], shape: readonly number[]): Nested {
  if (shape.length === 0) return values[0];
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) =>
    nested(values.slice(i * size, (i + 1) * size), shape.slice(1)),
  );
}

function named<Values extends Nested>(
  activationName: ShortName,
  ...axes: readonly PatchAxis[]
): ActPatch<Values> {
  return (model, corruptedTokens, cleanCache, metric, options) =>
    genericActivationPatch<Values>(
      model,
      corruptedTokens,
      cleanCache,
      metric,
      activationName,
      axes,
      options,
    );
}

type Grid2 = number[][];
type Grid3 = number[][][];
type Grid4 = number[][][][];

/** The residual stream before each block, by position: `[layer][pos]`. */
export const getActPatchResidPre = named<Grid2>("resid_pre", "layer", "pos");
/** The residual stream between attention and MLP, by position: `[layer][pos]`. */
export const getActPatchResidMid = named<Grid2>("resid_mid", "layer", "pos");
/** Each attention layer's output, by position: `[layer][pos]`. */
export const getActPatchAttnOut = named<Grid2>("attn_out", "layer", "pos");
/** Each MLP's output, by position: `[layer][pos]`. */
export const getActPatchMlpOut = named<Grid2>("mlp_out", "layer", "pos");

/** Each head's output z, by position: `[layer][pos][head]`. */
export const getActPatchAttnHeadOutByPos = named<Grid3>("z", "layer", "pos", "head");
/** Each head's queries, by position: `[layer][pos][head]`. */
export const getActPatchAttnHeadQByPos = named<Grid3>("q", "layer", "pos", "head");
/** Each head's keys, by position: `[layer][pos][head]`. */
export const getActPatchAttnHeadKByPos = named<Grid3>("k", "layer", "pos", "head");
/** Each head's values, by position: `[layer][pos][head]`. */
export const getActPatchAttnHeadVByPos = named<Grid3>("v", "layer", "pos", "head");
/** Each head's attention pattern, by the query's position: `[layer][head][dest_pos]`. */
export const getActPatchAttnHeadPatternByPos = named<Grid3>("pattern", "layer", "head", "dest_pos");
/** Each entry of each head's attention pattern: `[layer][head][dest_pos][src_pos]`. */
export const getActPatchAttnHeadPatternDestSrcPos = named<Grid4>(
  "pattern",
  "layer",
  "head",
  "dest_pos",
  "src_pos",
);

/** Each head's output z at all positions: `[layer][head]`. */
export const getActPatchAttnHeadOutAllPos = named<Grid2>("z", "layer", "head");
/** Each head's queries at all positions: `[layer][head]`. */
export const getActPatchAttnHeadQAllPos = named<Grid2>("q", "layer", "head");
/** Each head's keys at all positions: `[layer][head]`. */
export const getActPatchAttnHeadKAllPos = named<Grid2>("k", "layer", "head");
/** Each head's values at all positions: `[layer][head]`. */
export const getActPatchAttnHeadVAllPos = named<Grid2>("v", "layer", "head");
/** Each head's whole attention pattern: `[layer][head]`. */
export const getActPatchAttnHeadPatternAllPos = named<Grid2>("pattern", "layer", "head");

/** Each MLP neuron after its non-linearity, by position: `[layer][pos][neuron]`. */
export const getActPatchMlpNeuronByPos = named<Grid3>("post", "layer", "pos", "neuron");
/** Each MLP neuron after its non-linearity, at all positions: `[layer][neuron]`. */
export const getActPatchMlpNeuronAllPos = named<Grid2>("post", "layer", "neuron");

/**
 * Several patches of the same axes, one after the other, as one result. Where several query heads read one
 * head of keys and values, each stands for it.
 */
function stacked<Values extends Nested>(
  parts: Readonly<Record<string, ActPatch<Values>>>,
): ActPatch<Values[]> {
  return async (...args) => {
    const [{ cfg }] = args;
    const grids: PatchGrid<Values>[] = [];
    for (const part of Object.values(parts)) grids.push(byQueryHead(await part(...args), cfg));
    const [{ axes, labels }] = grids;
    return {
      axes: ["patch_type", ...axes],
      labels: [Object.keys(parts), ...labels],
      values: grids.map(({ values }) => values),
    };
  };
}

function byQueryHead<Values extends Nested>(
  { axes, labels, values }: PatchGrid<Values>,
  { n_heads }: ModelConfig,
): PatchGrid<Values> {
  const depth = axes.indexOf("head");
  const heads = labels[depth]?.length ?? n_heads;
  if (heads === n_heads) return { axes, labels, values };
  const repeated = (list: Nested[], at: number): Nested[] =>
    at === 0
      ? list.flatMap((value) => Array<Nested>(n_heads / heads).fill(value))
      : list.map((inner) => repeated(inner as Nested[], at - 1));
  return {
    axes,
    labels: labels.with(
      depth,
      Array.from({ length: n_heads }, (_, head) => head),
    ),
    values: repeated(values as Nested[], depth) as Values,
  };
}

/** resid_pre, attn_out and mlp_out of every block, by position: `[patch_type][layer][pos]`. */
export const getActPatchBlockEvery = stacked<Grid2>({
  resid_pre: getActPatchResidPre,
  attn_out: getActPatchAttnOut,
  mlp_out: getActPatchMlpOut,
});

/** Every query head's z, q, k, v and pattern at all positions: `[patch_type][layer][head]`. */
export const getActPatchAttnHeadAllPosEvery = stacked<Grid2>({
  z: getActPatchAttnHeadOutAllPos,
  q: getActPatchAttnHeadQAllPos,
  k: getActPatchAttnHeadKAllPos,
  v: getActPatchAttnHeadVAllPos,
  pattern: getActPatchAttnHeadPatternAllPos,
});

/** Every query head's z, q, k, v and pattern, by position: `[patch_type][layer][pos][head]`. */
export const getActPatchAttnHeadByPosEvery = stacked<Grid3>({
  z: getActPatchAttnHeadOutByPos,
  q: getActPatchAttnHeadQByPos,
  k: getActPatchAttnHeadKByPos,
  v: getActPatchAttnHeadVByPos,
  pattern: async (...args) => headsLast(await getActPatchAttnHeadPatternByPos(...args)),
});

/** `[layer][head][dest_pos]` → `[layer][pos][head]` */
function headsLast({
  labels: [layers, heads, positions],
  values,
}: PatchGrid<Grid3>): PatchGrid<Grid3> {
  return {
    axes: ["layer", "pos", "head"],
    labels: [layers, positions, heads],
    values: values.map((ofLayer) =>
      positions.map((_, pos) => ofLayer.map((ofHead) => ofHead[pos])),
    ),
  };
}
