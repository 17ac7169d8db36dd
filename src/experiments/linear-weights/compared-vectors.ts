import type { BoundHead } from "../../heads/bind-head";
import { linearWeights } from "../../heads/linear-weights";
import type { HookedTransformer } from "../../model/hooked-transformer";
import { mlpVectors, rawMlpVectors, readDirections } from "../../model/mlp-vectors";
import { cosineSimilarity } from "../../stats/cosine-similarity";
import { rankAmong } from "../../stats/rank-among";
import { mainComparison } from "./main-comparison";
import { isResidualTarget } from "./residual-target";
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
    { name: "basis_vector", weights, layer: basisVectors(model), index, isBasis: true },
    { name: "read_direction", weights, layer: input, index },
    ...(gate ? [{ name: "gate_read_direction" as const, weights, layer: gate, index }] : []),
  ];
}

function basisVectors({ cfg: { d_model } }: HookedTransformer): Float32Array[] {
  return Array.from({ length: d_model }, (_, n) =>
    Float32Array.from({ length: d_model }, (_, j) => (j === n ? 1 : 0)),
  );
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

/** The cosine of a head's linear weights with the vector of `mainComparison`. */
export function targetCosine(head: BoundHead): TargetCosine {
  const name = mainComparison(head);
  const layer = name === null ? null : comparedLayer(head, name);
  if (layer === null) return { cosine: null, of: name, percentile: null };
  const { weights } = linearWeights(head);
  const cosines = layer.map((vector) => cosineSimilarity(weights, vector));
  const others = cosines.filter((_, place) => place !== head.index);
  const cosine = cosines[head.index];
  return { cosine, of: name, percentile: rankAmong(cosine, others).percentile };
}

function comparedLayer(
  { model, files }: BoundHead,
  name: Comparison["name"],
): readonly Float32Array[] | null {
  const { targetLayer } = files.config;
  switch (name) {
    case "basis_vector":
      return basisVectors(model);
    case "read_direction":
      return readDirections(model, targetLayer).input;
    case "gate_read_direction":
      return readDirections(model, targetLayer).gate;
    default:
      return mlpVectors(model, targetLayer)[name];
  }
}
