import type { BoundHead } from "../../heads/bind-head";
import { linearWeights } from "../../heads/linear-weights";
import { hookPoint } from "../../model/hook-points";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { mlpVectors, rawMlpVectors, readDirections } from "../../model/mlp-vectors";
import { cosineSimilarity } from "../../stats/cosine-similarity";
import { rankAmong } from "../../stats/rank-among";
import type { Comparison } from "./similarity-tests";

/** Every vector that the head is compared with: the hidden neuron's, and what a residual-stream target adds. */
export async function comparisonsOf(head: BoundHead): Promise<Comparison[]> {
  const { model, index } = head;
  const { targetLayer: layer, targetNeuron: neuron } = head.files.config;
  const hidden = neuron < model.cfg.d_mlp;
  const ofMlp = hidden
    ? { processed: mlpVectors(model, layer), raw: await rawMlpVectors(model, layer) }
    : {};
  const pair = (weights: "processed" | "raw"): Comparison[] => {
    const vectors = ofMlp[weights];
    if (!vectors) return [];
    return (["input", "output", "gate"] as const).flatMap((name) => {
      const ofLayer = vectors[name];
      return ofLayer ? [{ name, weights, layer: ofLayer, index: neuron }] : [];
    });
  };
  const inStream = isResidualTarget(head) ? streamComparisons(model, layer, index) : [];
  return [...pair("processed"), ...inStream, ...pair("raw")];
}

/** With what a coordinate of the residual stream is, and with what it reads. */
function streamComparisons(model: HookedTransformer, layer: number, index: number): Comparison[] {
  const { input, gate } = readDirections(model, layer);
  const weights = "processed" as const;
  return [
    basisComparison(model, index),
    { name: "read_direction", weights, layer: input, index },
    ...(gate ? [{ name: "gate_read_direction" as const, weights, layer: gate, index }] : []),
  ];
}

function basisComparison(model: HookedTransformer, index: number): Comparison {
  const { d_model } = model.cfg;
  const layer = Array.from({ length: d_model }, (_, n) =>
    Float32Array.from({ length: d_model }, (_, j) => (j === n ? 1 : 0)),
  );
  return { name: "basis_vector", weights: "processed", layer, index, isBasis: true };
}

/** Whether the target is a coordinate of the residual stream rather than a hidden MLP neuron. */
export function isResidualTarget({ hook, model }: Pick<BoundHead, "hook" | "model">): boolean {
  const { writes, sizePerHead } = hookPoint(hook, model.cfg);
  return writes === "itself" && sizePerHead === undefined;
}

/** The cosine that means something for what a head predicts, and its place in the layer. */
export interface TargetCosine {
  /** Null where there is none to compute, or the linear weights are all zero. */
  readonly cosine: number | null;
  /** Null where the target is neither in the residual stream nor a hidden neuron of the MLP. */
  readonly of: Comparison["name"] | null;
  /** Share of the layer's other vectors of the kind that are less similar, in per cent. */
  readonly percentile: number | null;
}

/**
 * A head's linear weights beside the one vector that its target is in the stream that it reads: what the
 * target writes there (a coordinate's basis vector, a hidden neuron's `W_out[n, :]`) or, where the target
 * comes after what the head reads, what the target reads.
 */
export function targetCosine(head: BoundHead): TargetCosine {
  const compared = targetComparison(head);
  if (compared === null) return { cosine: null, of: null, percentile: null };
  const { weights } = linearWeights(head);
  const { name, layer, index } = compared;
  const cosines = layer.map((vector) => cosineSimilarity(weights, vector));
  const others = cosines.filter((_, place) => place !== index);
  const cosine = cosines[index];
  return { cosine, of: name, percentile: rankAmong(cosine, others).percentile };
}

function targetComparison(head: BoundHead): Comparison | null {
  const { model, index, targetCanMatter } = head;
  const { targetLayer: layer } = head.files.config;
  const weights = "processed" as const;
  if (isResidualTarget(head)) {
    return targetCanMatter
      ? basisComparison(model, index)
      : { name: "read_direction", weights, layer: readDirections(model, layer).input, index };
  }
  const reads = HIDDEN.get(hookPoint(head.hook, model.cfg).nameInBlock);
  if (reads === undefined) return null;
  const vectors = mlpVectors(model, layer);
  const name = targetCanMatter ? "output" : vectors.gate === null ? "input" : reads;
  return { name, weights, layer: vectors[name]!, index };
}

/** Activations of the MLP's hidden neurons, and by which of its inputs each is read in a gated one. */
const HIDDEN: ReadonlyMap<string | null, "input" | "gate"> = new Map([
  ["mlp.hook_pre", "gate"],
  ["mlp.hook_pre_linear", "input"],
  ["mlp.hook_post", "gate"],
]);
