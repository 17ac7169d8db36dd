import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { COMPARISONS } from "./comparisons";
import { similarityNullsFigure } from "./figures/similarity-nulls";
import { weightContributionsFigure } from "./figures/weight-contributions";
import { type WeightVector, weightDistributionsFigure } from "./figures/weight-distributions";
import {
  type Similarity,
  weightSimilarityComparisonFigure,
} from "./figures/weight-similarity-comparison";
import { weightVectorsPcaFigure } from "./figures/weight-vectors-pca";
import type { LinearWeightsResult } from "./result";
import type { SimilarityTest } from "./similarity-evidence";
import { isOfTarget, targetFirst } from "./target-first";

/** The first notebook's figures by file name. */
export interface LinearWeightsFigures {
  readonly weight_similarity_comparison: Figure;
  readonly weight_distributions: Figure;
  readonly weight_vectors_pca: Figure;
  readonly similarity_nulls: Figure;
  readonly weight_contributions: Figure;
}

/** Further similarities of a result that are drawn, in this order. */
const FURTHER_SIMILARITIES = ["basis_vector", "read_direction", "gate_read_direction"] as const;

/**
 * The first notebook's figures.
 *
 * @param options - `size: "column"` for one column of a paper
 * @example
 * const { weight_vectors_pca } = linearWeightsFigures(await analyzeLinearWeights(head));
 * await showFigure(weight_vectors_pca);
 */
export function linearWeightsFigures(
  result: LinearWeightsResult,
  { size }: Pick<FigureOptions, "size"> = {},
): LinearWeightsFigures {
  const vectors = vectorsOf(result);
  return {
    weight_similarity_comparison: weightSimilarityComparisonFigure(similaritiesOf(result), {
      random_baseline: result.random_baseline,
      note: otherNeuron(result),
      size,
    }),
    weight_distributions: weightDistributionsFigure(vectors, { size }),
    weight_vectors_pca: weightVectorsPcaFigure(vectors, result.pca_with_gate ?? result.pca, {
      size,
    }),
    similarity_nulls: similarityNullsFigure(
      targetFirst(
        result,
        result.similarity_tests.filter(
          ({ head_vector, weights }) => head_vector === "linear_weights" && weights === "processed",
        ),
      ),
      { size },
    ),
    weight_contributions: weightContributionsFigure(targetFirst(result, result.decompositions), {
      size,
    }),
  };
}

/** The vectors of `stats` that exist, in that order. */
function vectorsOf(result: LinearWeightsResult): WeightVector[] {
  const { linear_weights, mlp_input_weights, mlp_output_weights, mlp_gate_weights } = result;
  const vectors = [
    { label: "head's linear weights", kind: "head" as const, values: linear_weights },
    { ...COMPARISONS.input, values: mlp_input_weights },
    { ...COMPARISONS.output, values: mlp_output_weights },
    { ...COMPARISONS.gate, values: mlp_gate_weights },
  ];
  return vectors.flatMap(({ label, kind, values }) => (values ? [{ label, kind, values }] : []));
}

function similaritiesOf(result: LinearWeightsResult): Similarity[] {
  const { similarities, sim_with_gate, z_score_gate } = result;
  const further = FURTHER_SIMILARITIES.filter((name) => name in similarities);
  const bar = (
    comparison: SimilarityTest["comparison"],
    value: number | null,
    z?: number | null,
  ) => {
    const { label, kind } = COMPARISONS[comparison];
    return { comparison, label, kind, value, z_score: z };
  };
  return targetFirst(result, [
    bar("input", result.sim_with_input, result.z_score_input),
    ...(sim_with_gate === undefined ? [] : [bar("gate", sim_with_gate, z_score_gate)]),
    bar("output", result.sim_with_output, result.z_score_output),
    ...further.map((name) => bar(name, similarities[name])),
  ]);
}

/** Whose the MLP weights are, where they are not the target's. */
function otherNeuron(result: LinearWeightsResult): string | undefined {
  return isOfTarget(result, "input")
    ? undefined
    : `W_in and W_out are those of hidden neuron ${result.target_neuron}, which is not the target`;
}
