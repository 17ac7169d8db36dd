import { perInputSensitivityFigure } from "../../src/experiments/activation-patching/figures/per-input-sensitivity";
import { predVsActChangeAllFigure } from "../../src/experiments/activation-patching/figures/pred-vs-act-change-all";
import { predVsActRegressionFigure } from "../../src/experiments/activation-patching/figures/pred-vs-act-regression";
import { scalingExperimentFigure } from "../../src/experiments/activation-patching/figures/scaling-experiment";
import type { ScalingRuns } from "../../src/experiments/activation-patching/figures/scaling-runs";
import { weightDistributionsFigure } from "../../src/experiments/linear-weights/figures/weight-distributions";
import { weightSimilarityComparisonFigure } from "../../src/experiments/linear-weights/figures/weight-similarity-comparison";
import { weightVectorsPcaFigure } from "../../src/experiments/linear-weights/figures/weight-vectors-pca";
import type { Figure } from "../../src/figures/figure";
import type { FigureSize } from "../../src/figures/template";
import { linearRegression } from "../../src/stats/linear-regression";
import { principalComponents } from "../../src/stats/principal-components";
import { randomBaseline } from "../../src/stats/random-baseline";
import { randomStream } from "../../src/stats/random-stream";

/** What the figures are drawn from in tests: the sizes of a real analysis, made up and seeded. */

export const PROMPTS = [
  "The quick brown fox jumps over the lazy dog.",
  "Machine learning models can be difficult to interpret.",
  "Transformers use attention mechanisms to process sequences.",
  "Neural networks have revolutionized artificial intelligence.",
  "Researchers work to make AI systems more transparent.",
  "In 1492 Columbus sailed the ocean",
  'if (a < b && c > d) { return "<b>x</b>"; }',
  "She said that the %{customdata[2]} of the matter, once everybody had left and the room was quiet again, was that nothing at all had been decided",
  "Paris is the capital of",
  "def fibonacci(n):\n    return",
  "7 + 5 =",
  "Once upon a time",
];

export const FACTORS = [0, 0.5, 1, 1.5, 2];

let random = randomStream(7, "example figures");
const gaussians = (length: number, scale = 1) =>
  Array.from({ length }, () => scale * random.gaussian());

/** A head that follows the neuron, a little differently on every prompt. */
export function exampleRuns(prompts: readonly string[] = PROMPTS): ScalingRuns {
  const base = gaussians(prompts.length).map((value) => 1.4 + 1.1 * value);
  const predictions = base.map((value) => 0.3 + 0.8 * value + 0.25 * random.gaussian());
  const slopes = gaussians(prompts.length).map((value) => 0.32 + 0.12 * value);
  return {
    prompts,
    baseline: { activations: base, predictions },
    factors: FACTORS,
    activations: FACTORS.map((factor) => base.map((value) => value * factor)),
    predictions: FACTORS.map((factor) =>
      base.map((value, prompt) => {
        const change = value * (factor - 1);
        return predictions[prompt]! + slopes[prompt]! * change - 0.03 * change ** 2;
      }),
    ),
  };
}

function changes(runs: ScalingRuns, key: "activations" | "predictions", prompt: number): number[] {
  return runs[key].map((row) => row[prompt]! - runs.baseline[key][prompt]!);
}

/** All seven figures, under their file names; the same at every call. */
export function exampleFigures(size: FigureSize = "notebook"): Record<string, Figure> {
  random = randomStream(7, "example figures");
  const dimensions = 768;
  const mlpIn = gaussians(dimensions, 0.13);
  const mlpOut = gaussians(dimensions, 0.09);
  const linear = gaussians(dimensions, 0.11).map((value, i) => value + 0.12 * mlpIn[i]!);
  const runs = exampleRuns();
  const all = PROMPTS.map((_, prompt) => prompt);
  const fits = all
    .map((prompt) => ({
      prompt,
      ...linearRegression(
        changes(runs, "activations", prompt),
        changes(runs, "predictions", prompt),
      ),
    }))
    .sort((a, b) => Math.abs(b.slope!) - Math.abs(a.slope!));
  return {
    weight_similarity_comparison: weightSimilarityComparisonFigure(
      [
        { label: "MLP input weights", value: 0.12, kind: "mlp_input", z_score: 3.3 },
        { label: "MLP output weights", value: -0.03, kind: "mlp_output", z_score: -0.8 },
        { label: "basis vector e_481", value: 0.9, kind: "basis", z_score: 24.9 },
      ],
      { random_baseline: randomBaseline(linear), size },
    ),
    weight_distributions: weightDistributionsFigure(
      [
        { label: "head's linear weights", kind: "head", values: linear },
        { label: "MLP input weights", kind: "mlp_input", values: mlpIn },
        { label: "MLP output weights", kind: "mlp_output", values: mlpOut },
      ],
      { size },
    ),
    weight_vectors_pca: weightVectorsPcaFigure(
      [
        { label: "head's linear weights", kind: "head" },
        { label: "MLP input weights", kind: "mlp_input" },
        { label: "MLP output weights", kind: "mlp_output" },
      ],
      principalComponents([linear, mlpIn, mlpOut]),
      { size },
    ),
    scaling_experiment: scalingExperimentFigure(runs, { size }),
    pred_vs_act_change_all: predVsActChangeAllFigure(runs, { size }),
    pred_vs_act_regression: predVsActRegressionFigure(
      runs,
      linearRegression(
        all.flatMap((prompt) => changes(runs, "activations", prompt)),
        all.flatMap((prompt) => changes(runs, "predictions", prompt)),
      ),
      { size },
    ),
    per_input_sensitivity: perInputSensitivityFigure(runs, fits, { size }),
  };
}
