import type { SeriesKind } from "../../figures/colours";
import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { similarityNullsFigure } from "./figures/similarity-nulls";
import { weightContributionsFigure } from "./figures/weight-contributions";
import { weightDistributionsFigure } from "./figures/weight-distributions";
import {
  type Similarity,
  weightSimilarityComparisonFigure,
} from "./figures/weight-similarity-comparison";
import { weightVectorsPcaFigure } from "./figures/weight-vectors-pca";
import type { LinearWeightsResult } from "./result";

/** The first notebook's figures by file name. */
export interface LinearWeightsFigures {
  readonly weight_similarity_comparison: Figure;
  readonly weight_distributions: Figure;
  readonly weight_vectors_pca: Figure;
  readonly similarity_nulls: Figure;
  readonly weight_contributions: Figure;
}

/** How further similarities of a result are named and coloured. */
const FURTHER_SIMILARITIES: Readonly<Record<string, { label: string; kind: SeriesKind }>> = {
  basis_vector: { label: "basis vector e_n", kind: "basis" },
  read_direction: { label: "read direction W_in @ W_out[:, n]", kind: "read_direction" },
};

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
  const vectors = [
    { label: "head's linear weights", kind: "head", values: result.linear_weights },
    { label: "MLP input weights W_in[:, n]", kind: "mlp_input", values: result.mlp_input_weights },
    {
      label: "MLP output weights W_out[n, :]",
      kind: "mlp_output",
      values: result.mlp_output_weights,
    },
  ].filter((vector) => vector.values !== null) as {
    label: string;
    kind: SeriesKind;
    values: readonly number[];
  }[];
  return {
    weight_similarity_comparison: weightSimilarityComparisonFigure(similaritiesOf(result), {
      random_baseline: result.random_baseline,
      size,
    }),
    weight_distributions: weightDistributionsFigure(vectors, { size }),
    weight_vectors_pca: weightVectorsPcaFigure(vectors, result.pca, { size }),
    similarity_nulls: similarityNullsFigure(
      result.similarity_tests.filter(
        ({ head_vector, weights }) => head_vector === "linear_weights" && weights === "processed",
      ),
      { size },
    ),
    weight_contributions: weightContributionsFigure(result.decompositions, { size }),
  };
}

function similaritiesOf(result: LinearWeightsResult): Similarity[] {
  const further = Object.entries(FURTHER_SIMILARITIES)
    .filter(([name]) => name in result.similarities)
    .map(([name, { label, kind }]) => ({ label, kind, value: result.similarities[name] }));
  return [
    {
      label: "MLP input weights W_in[:, n]",
      kind: "mlp_input",
      value: result.sim_with_input,
      z_score: result.z_score_input,
    },
    {
      label: "MLP output weights W_out[n, :]",
      kind: "mlp_output",
      value: result.sim_with_output,
      z_score: result.z_score_output,
    },
    ...further,
  ];
}
