import type { Cell } from "../../text/cell";
import { phrase } from "../../text/phrase";
import type { ExperimentCommand, SummaryTable } from "../experiment";
import { COMPARISONS } from "./comparisons";
import { analyzeLinearWeights } from "./measure";
import type { LinearWeightsResult } from "./result";
import { describeGradient, listSimilarities } from "./tables";

/** `tslens weights MODEL_DIR` */
export const weightsCommand: ExperimentCommand<LinearWeightsResult> = {
  name: "weights",
  description: "Compares a head's linear weights with the MLP weights of the neuron it predicts.",
  prompts: { are: "where the head's gradient is taken" },
  isRandom: true,
  prepare: () => analyzeLinearWeights,
  summary: (result) => [
    `linear weights: ${result.linear_weights_rule}`,
    similarityTable(result),
    baselineLine(result),
    nullsTable(result),
    result.processed_and_raw,
    describeGradient(result),
    pcaLine("PCA of the vectors below", result.pca),
    ...(result.pca_with_gate ? [pcaLine("the same with W_gate[:, n]", result.pca_with_gate)] : []),
    statisticsTable(result),
  ],
};

function similarityTable(result: LinearWeightsResult): SummaryTable {
  const { similarities, sim_with_gate, z_score_gate = null, p_value_gate = null } = result;
  return {
    caption: "Cosine similarity with the linear weights",
    headings: ["compared with", "cosine", "z-score", "p-value"],
    rows: [
      [
        ...[COMPARISONS.input.label, result.sim_with_input],
        ...[result.z_score_input, result.p_value_input],
      ],
      ...(sim_with_gate === undefined
        ? []
        : [[COMPARISONS.gate.label, sim_with_gate, z_score_gate, p_value_gate]]),
      [
        ...[COMPARISONS.output.label, result.sim_with_output],
        ...[result.z_score_output, result.p_value_output],
      ],
      ...Object.entries(similarities).map(([name, cosine]) => [name, cosine, null, null]),
    ],
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

function nullsTable(result: LinearWeightsResult): SummaryTable {
  return {
    caption: "Each similarity in its layer, and two-sided p-values under four nulls",
    headings: [
      ...["head's", "compared with", "cosine", "in the layer"],
      ...["random", "layer", "shuffled", "covariance"],
    ],
    rows: listSimilarities(result).map((row) => [
      ...[row.head_vector, row.compared_with, row.cosine, row.rank_in_layer],
      ...[row.p_random, row.p_layer, row.p_shuffled, row.p_covariance],
    ]),
  };
}

function statisticsTable({ stats }: LinearWeightsResult): SummaryTable {
  const keys = ["mean", "std", "min", "max", "l2_norm", "sparsity"] as const;
  return {
    caption: "Statistics",
    headings: ["vector", ...keys],
    rows: Object.entries(stats).map(([name, of]) => [
      name,
      ...keys.map((key) => of?.[key] ?? null),
    ]),
  };
}
