import type { Figure } from "../../figures/figure";
import type { FigureOptions } from "../../figures/figure-options";
import { directAndTotalFigure } from "./figures/direct-and-total";
import { perInputSensitivityFigure } from "./figures/per-input-sensitivity";
import { predVsActChangeAllFigure } from "./figures/pred-vs-act-change-all";
import { predVsActRegressionFigure } from "./figures/pred-vs-act-regression";
import { scalingExperimentFigure } from "./figures/scaling-experiment";
import type { ScalingRuns } from "./figures/scaling-runs";
import { slopeEvidenceFigure } from "./figures/slope-evidence";
import type { ActivationPatchingResult } from "./result";
import { bySensitivity, promptLabels } from "./tables";

/** The second notebook's figures by file name. */
export interface ActivationPatchingFigures {
  readonly scaling_experiment: Figure;
  readonly pred_vs_act_change_all: Figure;
  readonly pred_vs_act_regression: Figure;
  readonly per_input_sensitivity: Figure;
  readonly slope_evidence: Figure;
  readonly direct_and_total: Figure;
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
  const { typical_slope } = result.evidence;
  return {
    scaling_experiment: scalingExperimentFigure(runs, { size }),
    pred_vs_act_change_all: predVsActChangeAllFigure(runs, { size }),
    pred_vs_act_regression: predVsActRegressionFigure(runs, result.regression, {
      ...{ size, own: typical_slope.of === "prompt_slopes" ? typical_slope.slope : undefined },
    }),
    per_input_sensitivity: perInputSensitivityFigure(runs, bySensitivity(result), {
      size,
      order: "from the steepest to the flattest",
    }),
    slope_evidence: slopeEvidenceFigure(result, { size }),
    direct_and_total: directAndTotalFigure(runs, result.direct_effect, { size }),
  };
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
