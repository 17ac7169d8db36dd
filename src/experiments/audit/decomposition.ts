import { slopeOverPrompts } from "../../analysis/over-prompts";
import type { BoundHead } from "../../heads/bind-head";
import { isLinearHead } from "../../heads/head-config";
import { type HeadFunction, headFunction } from "../../heads/head-function";
import { type HookPoint, hookPoint } from "../../model/hook-points";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { writeDirection } from "../../model/write-direction";
import { dotProduct } from "../../stats/dot-product";
import { meanVector } from "../../stats/mean-vector";
import { jackknifedSlope } from "./jackknifed-slope";
import type { MeasuredRows } from "./measured-rows";
import type { AuditResult } from "./result";

/** The neurons with the largest slopes that are listed. */
const LISTED = 20;

type Decomposition = AuditResult["decomposition"];
type Part = Decomposition["parts"][number];

/** A part of the stream that a head reads, with what is inside it. */
interface StreamPart extends Pick<Part, "part" | "layer"> {
  readonly hook: HookPoint;
}

/**
 * Takes the observational slope apart by what writes to the stream that the head reads: embeddings,
 * attention and MLP of each block, and inside them attention heads and hidden neurons. Along one direction
 * (a linear head's weights, else the mean of the gradient over the texts) a prediction is the sum of what
 * they write there, and so is its slope on the activation; what a head that bends has beyond that is the
 * residue.
 *
 * Direct logit attribution (https://transformer-circuits.pub/2021/framework), of a slope.
 */
export async function decomposition(
  head: BoundHead,
  measured: MeasuredRows,
  activation: readonly number[],
  observational: number | null,
): Promise<Decomposition> {
  if (observational === null) return noDecomposition("there is no observational slope");
  const { model, hook, index } = head;
  const own = headFunction(head);
  const parts = streamParts(model, own.features);
  const inside = insideParts(model, parts);
  const features = hookPoint(own.features, model.cfg);
  const rows = await measured.of([
    ...new Set([
      features,
      ...parts.map((part) => part.hook),
      ...(inside ?? []).flatMap(({ z, post }) => [z, post]),
    ]),
  ]);
  const direction = directionOf(own, rows.get(features)!);
  if (direction === null) return noDecomposition(own.whyNoGradient!);
  const weights = slopeWeights(activation);
  const listed = parts.map(({ part, layer, hook }): Part => {
    const written = rows.get(hook)!.map((row) => dotProduct(row, direction));
    const slope = slopeOverPrompts(jackknifedSlope(activation, written), null);
    return { part, layer, slope };
  });
  const { heads, neurons } = insideSlopes(model, rows, inside, { direction, weights });
  const sum = listed.reduce((total, { slope }) => total + (slope.estimate ?? 0), 0);
  const write = writeDirection(model, hookPoint(hook, model.cfg), index);
  return {
    direction: isLinearHead(head.files.config) ? "weights" : "mean gradient",
    slope: observational,
    parts: listed,
    heads,
    neurons,
    target: write === null ? null : dotProduct(write, direction),
    residue: observational - sum,
    reason: null,
  };
}

/** Without numbers, and why. */
export function noDecomposition(reason: string): Decomposition {
  return {
    ...{ direction: null, slope: null, parts: [], heads: null, neurons: null },
    ...{ target: null, residue: null, reason },
  };
}

function directionOf(
  { gradient }: HeadFunction,
  features: readonly Float32Array[],
): readonly number[] | null {
  return gradient === null ? null : meanVector(features.map((row) => gradient(row))).mean;
}

/** What writes to a residual stream up to where it is read, in the order of the forward pass. */
function streamParts({ cfg }: HookedTransformer, features: HeadFunction["features"]): StreamPart[] {
  const last = hookPoint(features, cfg).layer();
  const hasPositions = cfg.positional_embedding_type === "standard";
  const embeddings: StreamPart[] = hasPositions
    ? [
        { part: "embed", layer: null, hook: hookPoint("hook_embed", cfg) },
        { part: "pos_embed", layer: null, hook: hookPoint("hook_pos_embed", cfg) },
      ]
    : [{ part: "embed", layer: null, hook: hookPoint(["resid_pre", 0], cfg) }];
  const blocks = Array.from({ length: last + 1 }, (_, layer) =>
    (["attn_out", "mlp_out"] as const).map((part) => ({
      part,
      layer,
      hook: hookPoint([part, layer], cfg),
    })),
  );
  return [...embeddings, ...blocks.flat()];
}

/** Attention heads and hidden neurons, which a norm behind attention or MLP hides from the stream. */
function insideParts(
  { cfg }: HookedTransformer,
  parts: readonly StreamPart[],
): { readonly z: HookPoint; readonly post: HookPoint; readonly layer: number }[] | null {
  if (cfg.use_normalization_before_and_after) return null;
  return parts
    .filter(({ part }) => part === "mlp_out")
    .map(({ layer }) => ({
      z: hookPoint(["z", layer!], cfg),
      post: hookPoint(["post", layer!], cfg),
      layer: layer!,
    }));
}

function insideSlopes(
  model: HookedTransformer,
  rows: ReadonlyMap<HookPoint, readonly Float32Array[]>,
  inside: ReturnType<typeof insideParts>,
  { direction, weights }: { direction: readonly number[]; weights: readonly number[] },
): Pick<Decomposition, "heads" | "neurons"> {
  if (inside === null) return { heads: null, neurons: null };
  const heads: NonNullable<Decomposition["heads"]>[number][] = [];
  const neurons: NonNullable<Decomposition["neurons"]>[number][] = [];
  const sumOf = (hook: HookPoint) => weightedSum(rows.get(hook)!, weights);
  for (const { z, post, layer } of inside) {
    const { attn, mlp } = model.weights.blocks[layer];
    const perHead = z.sizePerHead!;
    const [ofZ, ofPost] = [sumOf(z), sumOf(post)];
    const ofHeads = times(attn.W_O.dataSync(), direction).map((read, i) => read * ofZ[i]);
    for (let head = 0; head * perHead < ofHeads.length; head++) {
      const own = ofHeads.slice(head * perHead, (head + 1) * perHead);
      heads.push({ layer, head, slope: own.reduce((total, value) => total + value, 0) });
    }
    times(mlp.W_out.dataSync(), direction).forEach((read, neuron) => {
      neurons.push({ layer, neuron, slope: read * ofPost[neuron] });
    });
  }
  neurons.sort((a, b) => Math.abs(b.slope) - Math.abs(a.slope));
  return { heads, neurons: neurons.slice(0, LISTED) };
}

/** `[row]` matrix · vector, in float64. */
function times(matrix: ArrayLike<number>, vector: readonly number[]): Float64Array {
  const width = vector.length;
  return Float64Array.from({ length: matrix.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += matrix[row * width + i] * vector[i];
    return sum;
  });
}

/** `[text]` what a text's value is multiplied by in the least-squares slope on the activation. */
function slopeWeights(activation: readonly number[]): number[] {
  const mean = activation.reduce((sum, value) => sum + value, 0) / activation.length;
  const square = activation.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return activation.map((value) => (value - mean) / square);
}

function weightedSum(rows: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(rows[0].length);
  rows.forEach((row, text) => {
    for (let i = 0; i < row.length; i++) sum[i] += weights[text] * row[i];
  });
  return sum;
}
