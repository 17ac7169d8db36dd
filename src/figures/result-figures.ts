import type { ActivationPatchingResult } from "../results/activation-patching-result";
import type { LinearWeightsResult } from "../results/linear-weights-result";
import type { NeuronSweepResult } from "../results/neuron-sweep-result";
import type { SeriesKind } from "./colours";
import { directAndTotal } from "./direct-and-total";
import type { Figure } from "./figure";
import type { FigureOptions } from "./figure-options";
import { neuronSweep } from "./neuron-sweep";
import { type PromptFit, perInputSensitivity } from "./per-input-sensitivity";
import { predVsActChangeAll } from "./pred-vs-act-change-all";
import { predVsActRegression } from "./pred-vs-act-regression";
import { scalingExperiment } from "./scaling-experiment";
import type { ScalingRuns } from "./scaling-runs";
import { similarityNulls } from "./similarity-nulls";
import { slopeEvidence } from "./slope-evidence";
import { weightContributions } from "./weight-contributions";
import { weightDistributions } from "./weight-distributions";
import { type Similarity, weightSimilarityComparison } from "./weight-similarity-comparison";
import { weightVectorsPca } from "./weight-vectors-pca";

/** The first notebook's figures by file name. */
export interface LinearWeightsFigures {
  readonly weight_similarity_comparison: Figure;
  readonly weight_distributions: Figure;
  readonly weight_vectors_pca: Figure;
  readonly similarity_nulls: Figure;
  readonly weight_contributions: Figure;
}

/** The second notebook's figures by file name. */
export interface ActivationPatchingFigures {
  readonly scaling_experiment: Figure;
  readonly pred_vs_act_change_all: Figure;
  readonly pred_vs_act_regression: Figure;
  readonly per_input_sensitivity: Figure;
  readonly slope_evidence: Figure;
  readonly direct_and_total: Figure;
}

/** A sweep's figure by file name. */
export interface NeuronSweepFigures {
  readonly neuron_sweep: Figure;
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
    weight_similarity_comparison: weightSimilarityComparison(similaritiesOf(result), {
      random_baseline: result.random_baseline,
      size,
    }),
    weight_distributions: weightDistributions(vectors, { size }),
    weight_vectors_pca: weightVectorsPca(vectors, result.pca, { size }),
    similarity_nulls: similarityNulls(
      result.similarity_tests.filter(
        ({ head_vector, weights }) => head_vector === "linear_weights" && weights === "processed",
      ),
      { size },
    ),
    weight_contributions: weightContributions(result.decompositions, { size }),
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

/**
 * The second notebook's figures.
 *
 * @param options - `size: "column"` for one column of a paper
 * @example
 * const figures = activationPatchingFigures(await analyzeActivationPatching(head, prompts));
 * await showFigure(figures.scaling_experiment);
 */
export function activationPatchingFigures(
  result: ActivationPatchingResult,
  { size }: Pick<FigureOptions, "size"> = {},
): ActivationPatchingFigures {
  const runs = scalingRuns(result);
  return {
    scaling_experiment: scalingExperiment(runs, { size }),
    pred_vs_act_change_all: predVsActChangeAll(runs, { size }),
    pred_vs_act_regression: predVsActRegression(runs, result.regression, { size }),
    per_input_sensitivity: perInputSensitivity(runs, bySensitivity(result), { size }),
    slope_evidence: slopeEvidence(result, { size }),
    direct_and_total: directAndTotal(runs, result.direct_effect, { size }),
  };
}

/**
 * A sweep's figure.
 *
 * @param options - `size: "column"` for one column of a paper
 * @example
 * const figures = neuronSweepFigures(await analyzeNeuronSweep(head, prompts));
 * await showFigure(figures.neuron_sweep);
 */
export function neuronSweepFigures(
  { swept, target }: NeuronSweepResult,
  { size }: Pick<FigureOptions, "size"> = {},
): NeuronSweepFigures {
  return { neuron_sweep: neuronSweep(swept, target, { size }) };
}

/** Prompts with their fits, the steepest first; prompts without a slope come last. */
export function bySensitivity({ per_input }: ActivationPatchingResult): PromptFit[] {
  const steepness = ({ slope }: PromptFit) => (slope === null ? -1 : Math.abs(slope));
  return per_input
    .map(({ slope, intercept, r2 }, prompt) => ({ prompt, slope, intercept, r_squared: r2 }))
    .sort((a, b) => steepness(b) - steepness(a));
}

/** The prompts' own fits for a table, the steepest first, with the activation that was scaled. */
export function listSensitivity(result: ActivationPatchingResult) {
  const labels = promptLabels(result);
  return bySensitivity(result).map(({ prompt, slope, intercept, r_squared }) => ({
    prompt: labels[prompt],
    activation: result.baseline.activation[prompt],
    slope,
    intercept,
    r_squared,
  }));
}

/** A prompt as a reader sees it: its text, or its token ids where there is no tokenizer. */
export function promptLabels({ prompts }: ActivationPatchingResult): string[] {
  return prompts.map(({ text, tokens }) => text ?? `tokens ${tokens.join(" ")}`);
}

function scalingRuns(result: ActivationPatchingResult): ScalingRuns {
  return {
    prompts: promptLabels(result),
    baseline: {
      activations: result.baseline.activation,
      predictions: result.baseline.prediction,
    },
    factors: result.scale_factors,
    activations: result.scaling.map(({ activation }) => activation),
    predictions: result.scaling.map(({ prediction }) => prediction),
  };
}
