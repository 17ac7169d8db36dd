import type { Rank } from "../../results/evidence-parts";
import type { Cell, Fact } from "../../text/cell";
import { withoutRounding } from "../../text/format-number";
import { headed } from "../../text/headed";
import { phrase } from "../../text/phrase";
import { COMPARISONS } from "./comparisons";
import type { LinearWeightsResult } from "./result";
import type { SimilarityTest } from "./similarity-evidence";
import { targetFirst } from "./target-first";

/** How the head's vectors are called. */
const VECTOR_NAMES: Readonly<Record<SimilarityTest["head_vector"], string>> = {
  linear_weights: "linear weights",
  linear_weights_centred: "linear weights, centred class sum",
  linear_weights_unembed: "linear weights, by the unembedding",
  mean_gradient: "mean gradient",
};

/** A similarity in a table, with its place under each null. */
export interface SimilarityRow {
  readonly head_vector: string;
  readonly compared_with: string;
  readonly cosine: number | null;
  readonly rank_in_layer: Rank;
  readonly percentile: number | null;
  readonly p_random: number | null;
  readonly p_layer: number | null;
  readonly p_shuffled: number | null;
  readonly p_covariance: number | null;
}

/** Similarities under every null: with the processed model's weights, or with those in its file. */
export function listSimilarities(
  result: LinearWeightsResult,
  weights: SimilarityTest["weights"] = "processed",
): SimilarityRow[] {
  const tests = result.similarity_tests.filter((test) => test.weights === weights);
  const rows = targetFirst(result, tests).map((test) => ({
    head_vector: VECTOR_NAMES[test.head_vector],
    compared_with: COMPARISONS[test.comparison].label,
    cosine: test.cosine,
    rank_in_layer: test.other_neurons,
    percentile: test.other_neurons.percentile,
    p_random: test.random_directions.p_value,
    p_layer: test.other_neurons.p_value,
    p_shuffled: test.shuffled_coordinates.p_value,
    p_covariance: test.layer_covariance.p_value,
  }));
  const p = (heading: string) => ({ heading, isProbability: true });
  return headed(rows, {
    head_vector: "the head's",
    rank_in_layer: "in the layer",
    p_random: p("p: random directions"),
    p_layer: p("p: other neurons"),
    p_shuffled: p("p: shuffled coordinates"),
    p_covariance: p("p: the layer's covariance"),
  });
}

/** The neuron's similarities against random directions, for a table. */
export function listAgainstRandom(result: LinearWeightsResult) {
  const { sim_with_gate, z_score_gate = null, p_value_gate = null } = result;
  const row = (name: string, cosine: number | null, z: number | null, exact_p: number | null) => ({
    ...{ similarity: `with the MLP ${name} weights`, cosine, z, exact_p },
  });
  const rows = [
    row("input", result.sim_with_input, result.z_score_input, result.p_value_input),
    ...(sim_with_gate === undefined
      ? []
      : [row("gate", sim_with_gate, z_score_gate, p_value_gate)]),
    row("output", result.sim_with_output, result.z_score_output, result.p_value_output),
  ];
  return headed(rows, {
    z: "in their standard deviations",
    exact_p: { heading: "exact p", isProbability: true },
  });
}

/** What random directions give, for a table of one row. */
export function listRandomBaseline({ random_baseline }: LinearWeightsResult) {
  return headed([random_baseline], {
    ...{ std: "standard deviation", exact_std: "exact standard deviation" },
    ...{ p5: "5% below", p95: "95% below", min: "smallest", max: "largest", n: "how many" },
  });
}

/** How the vectors are called in a table of their statistics. */
const STATISTICS_OF = {
  linear: "head's linear weights",
  mlp_in: COMPARISONS.input.label,
  mlp_gate: COMPARISONS.gate.label,
  mlp_out: COMPARISONS.output.label,
} as const;

/** Statistics of the vectors, for a table; a mean that is only rounding is 0. */
export function listStatistics({ stats }: LinearWeightsResult) {
  const rows = Object.entries(STATISTICS_OF).flatMap(([key, vector]) => {
    const of = stats[key as keyof typeof STATISTICS_OF];
    return of ? [{ vector, ...of, mean: withoutRounding(of.mean, of.std) }] : [];
  });
  return headed(rows, {
    ...{ std: "standard deviation", min: "smallest", max: "largest", l2_norm: "length" },
    sparsity: "share below 1e−5",
  });
}

/** The most similar neurons of the layer, a column for each comparison of the linear weights. */
export function listMostSimilar(result: LinearWeightsResult): Record<string, Cell>[] {
  const shown = targetFirst(
    result,
    result.similarity_tests.filter(
      ({ head_vector, weights }) => head_vector === "linear_weights" && weights === "processed",
    ),
  );
  const longest = Math.max(0, ...shown.map((test) => test.other_neurons.most_similar.length));
  return Array.from({ length: longest }, (_, place) => ({
    place: place + 1,
    ...Object.fromEntries(
      shown.map(({ comparison, other_neurons }) => {
        const found = other_neurons.most_similar[place];
        const text = found ? phrase`${String(found.neuron)}: ${found.cosine}` : "";
        return [COMPARISONS[comparison].label, text];
      }),
    ),
  }));
}

/** How the similarities rest on coordinates, for a table. */
export function listDecompositions(result: LinearWeightsResult) {
  const rows = targetFirst(result, result.decompositions).map(
    ({ comparison, cosine, top, rest, without_top, effective_coordinates }) => ({
      compared_with: COMPARISONS[comparison].label,
      cosine,
      top_ten: top.reduce((sum, { contribution }) => sum + contribution, 0),
      rest,
      cosine_without_them: without_top,
      effective_coordinates,
    }),
  );
  return headed(rows, {
    top_ten: "the ten largest contributions",
    rest: "all others",
    cosine_without_them: "cosine without the ten",
    effective_coordinates: "as if so many shared it equally",
  });
}

/** A spread below this is float64's rounding. */
const ROUNDING = 1e-12;

/** How linear the head is over the prompts, for a table. */
export function describeGradient({ gradient }: LinearWeightsResult): Fact[] {
  const {
    reason,
    coherence,
    norm,
    cosine_with_linear_weights: cosine,
    linear_r_squared,
  } = gradient;
  if (reason !== null) return [{ name: "gradient", value: `none: ${reason}` }];
  const spread = ({ mean, std }: typeof norm) =>
    phrase`${mean} ± ${std !== null && std < ROUNDING ? 0 : std}`;
  return [
    { name: "prompts", value: String(gradient.prompts.length) },
    { name: "coherence (1: the same everywhere)", value: phrase`${coherence}` },
    { name: "length, mean ± std over prompts", value: spread(norm) },
    { name: "cosine with the linear weights, mean ± std", value: spread(cosine) },
    { name: "cosine of the mean gradient with them", value: phrase`${cosine.of_mean}` },
    {
      name: "R² of the prediction along the linear weights",
      value: phrase`${linear_r_squared.linear_weights}`,
    },
    {
      name: "R² of the prediction along the mean gradient",
      value: phrase`${linear_r_squared.mean_gradient}`,
    },
  ];
}
