import { testsInWords } from "../../analysis/list-tests";
import type { Cell } from "../../text/cell";
import { phrase } from "../../text/phrase";
import type { ExperimentCommand, SummaryTable } from "../experiment";
import { about } from "./about";
import { analyzeLinearWeights } from "./measure";
import type { LinearWeightsResult } from "./result";
import { describeGradient, listAgainstRandom, listSimilarities, listStatistics } from "./tables";

/** `tslens weights MODEL_DIR` */
export const weightsCommand: ExperimentCommand<LinearWeightsResult> = {
  ...about,
  prompts: { are: "where the head's gradient is taken" },
  isRandom: true,
  prepare: () => analyzeLinearWeights,
  summary: (result) => [
    `linear weights: ${result.linear_weights_rule}`,
    nullsTable(result),
    testsInWords(result.tests),
    againstRandomTable(result),
    baselineLine(result),
    result.processed_and_raw,
    describeGradient(result),
    pcaLine("PCA of the vectors below", result.pca),
    ...(result.pca_with_gate ? [pcaLine("the same with W_gate[:, n]", result.pca_with_gate)] : []),
    statisticsTable(result),
  ],
};

function againstRandomTable(result: LinearWeightsResult): SummaryTable {
  return {
    caption: "Against random directions",
    headings: ["", "cosine", "in their standard deviations", "exact p"],
    rows: listAgainstRandom(result).map(({ similarity, cosine, z, exact_p }) => [
      ...[similarity, cosine, z, { probability: exact_p }],
    ]),
  };
}

function pcaLine(of: string, { explained_variance_ratio }: LinearWeightsResult["pca"]): Cell {
  const [first, second] = explained_variance_ratio;
  return phrase`${of}: explained variance ${first} and ${second}`;
}

function baselineLine({ random_baseline }: LinearWeightsResult): Cell {
  const { n, seed, mean, std, p5, p95 } = random_baseline;
  return phrase`${String(n)} random directions (seed ${String(seed)}): mean ${mean}, std ${std}, 5–95% from ${p5} to ${p95}`;
}

/** Those of the linear weights: the rows of its other vectors are in the result. */
function nullsTable(result: LinearWeightsResult): SummaryTable {
  const rows = listSimilarities(result);
  const shown = rows.filter(({ head_vector }) => head_vector === rows[0]?.head_vector);
  const others = new Set(rows.map(({ head_vector }) => head_vector));
  others.delete(rows[0]?.head_vector ?? "");
  const more = others.size === 0 ? "" : `; those of its ${[...others].join(" and ")}: --json`;
  return {
    caption: `Cosines of the linear weights, their place in the layer, and p under four nulls${more}`,
    headings: [
      ...["compared with", "cosine", "in the layer", "random directions"],
      ...["other neurons", "shuffled coordinates", "the layer's covariance"],
    ],
    rows: shown.map((row) => [
      ...[row.compared_with, row.cosine, row.rank_in_layer],
      ...[row.p_random, row.p_layer, row.p_shuffled, row.p_covariance].map((probability) => ({
        probability,
      })),
    ]),
  };
}

function statisticsTable(result: LinearWeightsResult): SummaryTable {
  return {
    caption: "Statistics",
    headings: [
      ...["vector", "mean", "standard deviation", "smallest", "largest"],
      ...["length", "share below 1e-5"],
    ],
    rows: listStatistics(result).map((row) => [
      ...[row.vector, row.mean, row.std, row.min, row.max, row.l2_norm, row.sparsity],
    ]),
  };
}
