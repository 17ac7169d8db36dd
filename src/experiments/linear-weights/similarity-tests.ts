import type { SingleTest } from "../../analysis/adjusted-tests";
import type { RandomStreams } from "../../analysis/random-streams";
import type { NullDistribution } from "../../results/evidence-parts";
import { cosineSimilarity } from "../../stats/cosine-similarity";
import { cosineTTest } from "../../stats/cosine-t-test";
import { drawSummary } from "../../stats/draw-summary";
import { empiricalNull } from "../../stats/empirical-null";
import { gaussianVectors } from "../../stats/gaussian-vectors";
import { randomCosines } from "../../stats/random-cosines";
import { rankAmong } from "../../stats/rank-among";
import { shuffledCosines } from "../../stats/shuffled-cosines";
import { engineSums } from "./engine-sums";
import type { SimilarityTest } from "./similarity-evidence";

/** One of the head's vectors, `[d_model]`. */
export interface HeadVector {
  readonly name: SimilarityTest["head_vector"];
  readonly values: readonly number[];
}

/** A vector of the model beside the others of its kind in the layer. */
export interface Comparison {
  readonly name: SimilarityTest["comparison"];
  readonly weights: SimilarityTest["weights"];
  /** `[k][d_model]` the layer's vectors of this kind. */
  readonly layer: readonly ArrayLike<number>[];
  /** Which of them the head is compared with. */
  readonly index: number;
  /** Whether the layer's vectors are all coordinates alike, with no covariance of their own. */
  readonly isBasis?: boolean;
}

/** How many of the most similar neurons are listed. */
const MOST_SIMILAR = 10;

const NO_DIRECTION = "a vector of zeros has no direction";

/** The nulls that a similarity is tested against, by their keys in a {@link SimilarityTest}. */
const NULLS = [
  "random_directions",
  "other_neurons",
  "shuffled_coordinates",
  "layer_covariance",
] as const;

/**
 * A head's vector against one of the model's, under each null: random directions (exact and sampled),
 * the layer's other vectors, the head's own weights shuffled, Gaussian vectors with the covariance of
 * the layer's.
 *
 * @param gaussians draws with the covariance of the layer's vectors, by {@link layerGaussians}
 * @param draws how many draws each other sampled null has
 */
export function similarityTest(
  { name, values }: HeadVector,
  comparison: Comparison,
  gaussians: readonly ArrayLike<number>[] | null,
  draws: number,
  streams: RandomStreams,
): SimilarityTest {
  const { layer, index, weights } = comparison;
  const target = layer[index];
  const cosine = cosineSimilarity(values, target);
  const stream = (purpose: string) => ({
    n: draws,
    ...streams(`${purpose}/${name}/${comparison.name}/${weights}`),
  });
  const { t, degrees_of_freedom, p_value } = cosineTTest(cosine, values.length);
  return {
    head_vector: name,
    comparison: comparison.name,
    weights,
    cosine,
    reason: cosine === null ? NO_DIRECTION : null,
    random_directions: { t, degrees_of_freedom, p_value },
    sampled_directions: drawn(cosine, randomCosines(values, stream("random-directions"))),
    other_neurons: otherNeurons(values, comparison, cosine),
    shuffled_coordinates: drawn(cosine, shuffledCosines(values, target, stream("shuffled"))),
    layer_covariance: underCovariance(values, cosine, comparison, gaussians),
  };
}

/** Gaussian vectors with the covariance of the layer's vectors; null where they have none. */
export function layerGaussians(
  { name, weights, layer, isBasis }: Comparison,
  n: number,
  streams: RandomStreams,
): readonly ArrayLike<number>[] | null {
  if (isBasis) return null;
  const stream = streams(`layer-covariance/${name}/${weights}`);
  return gaussianVectors(layer, { n, ...stream, sums: engineSums });
}

function underCovariance(
  values: readonly number[],
  cosine: number | null,
  { isBasis }: Comparison,
  gaussians: readonly ArrayLike<number>[] | null,
): NullDistribution {
  if (isBasis) {
    const reason = "coordinates have no covariance but the identity";
    return { ...empiricalNull(null, null), reason };
  }
  const cosines = gaussians?.map((vector) => cosineSimilarity(values, vector)) ?? [];
  const existing = cosines.filter((one) => one !== null);
  const draws = existing.length > 0 ? existing : null;
  return drawn(cosine, draws, "the head's weights are all zero, or the layer's do not differ");
}

function drawn(
  cosine: number | null,
  draws: readonly number[] | null,
  whyNone = NO_DIRECTION,
): NullDistribution {
  const summary = empiricalNull(cosine, draws);
  if (summary.p_value !== null) return { ...summary, reason: null };
  return { ...summary, reason: draws === null ? whyNone : NO_DIRECTION };
}

function otherNeurons(
  values: readonly number[],
  { layer, index }: Comparison,
  cosine: number | null,
): SimilarityTest["other_neurons"] {
  const cosines = layer.map((vector) => cosineSimilarity(values, vector));
  const others = cosines.filter((other, i) => i !== index && other !== null) as number[];
  const spread = drawSummary(others);
  const most_similar = cosines
    .flatMap((value, neuron) => (value === null ? [] : [{ neuron, cosine: value }]))
    .sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine) || a.neuron - b.neuron)
    .slice(0, MOST_SIMILAR);
  const reason = whyNoRank(cosine, others.length);
  return { ...rankAmong(cosine, others), reason, ...spread, most_similar };
}

function whyNoRank(cosine: number | null, others: number): string | null {
  if (cosine === null) return NO_DIRECTION;
  return others === 0 ? "the layer has no other neuron" : null;
}

/**
 * The p-values of similarities as tests. A family is one null hypothesis and one kind of weights: the
 * similarities that are read under it. Nulls are no family: who claims that a similarity stands out
 * from all of them has to reject each, which makes no false claim likelier.
 */
export function testsOfSimilarities(similarities: readonly SimilarityTest[]): SingleTest[] {
  return similarities.flatMap((similarity) =>
    NULLS.map((null_hypothesis): SingleTest => {
      const { head_vector, comparison, weights, cosine } = similarity;
      const { p_value } = similarity[null_hypothesis];
      return {
        claim: `cosine of ${head_vector} with ${comparison}, ${weights} weights`,
        estimate: cosine,
        null_hypothesis,
        p_value,
        family: `${null_hypothesis}, ${weights} weights`,
        reason: p_value === null ? whyNoTest(similarity, null_hypothesis) : null,
      };
    }),
  );
}

function whyNoTest(similarity: SimilarityTest, name: (typeof NULLS)[number]): string {
  if (similarity.reason !== null) return similarity.reason;
  if (name === "random_directions") return "one dimension has no degree of freedom";
  return similarity[name].reason ?? "there is no draw to compare with";
}
