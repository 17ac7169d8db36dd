import type { SeriesKind } from "../figures/colours";
import type { Figure } from "../figures/figure";
import type { FigureOptions } from "../figures/figure-options";
import { directAndTotalFigure } from "./activation-patching/figures/direct-and-total";
import {
  type PromptFit,
  perInputSensitivityFigure,
} from "./activation-patching/figures/per-input-sensitivity";
import { predVsActChangeAllFigure } from "./activation-patching/figures/pred-vs-act-change-all";
import { predVsActRegressionFigure } from "./activation-patching/figures/pred-vs-act-regression";
import { scalingExperimentFigure } from "./activation-patching/figures/scaling-experiment";
import type { ScalingRuns } from "./activation-patching/figures/scaling-runs";
import { slopeEvidenceFigure } from "./activation-patching/figures/slope-evidence";
import type { ActivationPatchingResult } from "./activation-patching/result";
import { similarityNullsFigure } from "./linear-weights/figures/similarity-nulls";
import { weightContributionsFigure } from "./linear-weights/figures/weight-contributions";
import { weightDistributionsFigure } from "./linear-weights/figures/weight-distributions";
import {
  type Similarity,
  weightSimilarityComparisonFigure,
} from "./linear-weights/figures/weight-similarity-comparison";
import { weightVectorsPcaFigure } from "./linear-weights/figures/weight-vectors-pca";
import type { LinearWeightsResult } from "./linear-weights/result";
import { neuronSweepFigure } from "./neuron-sweep/figures/neuron-sweep";
import type { NeuronSweepResult } from "./neuron-sweep/result";

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
    scaling_experiment: scalingExperimentFigure(runs, { size }),
    pred_vs_act_change_all: predVsActChangeAllFigure(runs, { size }),
    pred_vs_act_regression: predVsActRegressionFigure(runs, result.regression, { size }),
    per_input_sensitivity: perInputSensitivityFigure(runs, bySensitivity(result), { size }),
    slope_evidence: slopeEvidenceFigure(result, { size }),
    direct_and_total: directAndTotalFigure(runs, result.direct_effect, { size }),
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
  return { neuron_sweep: neuronSweepFigure(swept, target, { size }) };
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
