import { extent } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { figure, ROOM_FOR_LEGEND, ROOM_FOR_TITLE } from "../../../figures/template";
import { count } from "../../../text/count";
import { formatNumber } from "../../../text/format-number";
import { factorPoints } from "./factor-points";
import { changesOf, type ScalingRuns } from "./scaling-runs";

/**
 * Change of prediction against change of activation, one point for every prompt and factor,
 * coloured by factor. A head that reads the neuron lines the points up; one that does not leaves
 * them on the horizontal zero line.
 *
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * predVsActChangeAllFigure(runs); // runs as in scalingExperiment
 */
export function predVsActChangeAllFigure(
  runs: ScalingRuns,
  {
    title = "Does the prediction follow the activation?",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const changes = changesOf("pred_vs_act_change_all", runs);
  const { prompts, factors } = changes;
  const [lowX, highX] = extent(changes.activationChanges.flat());
  const [lowY, highY] = extent(changes.predictionChanges.flat());
  return figure({
    title,
    subtitle:
      subtitle ??
      `One point for each of ${count(prompts.length, "prompt")} and ${count(factors.length, "factor")}`,
    description: `${title} ${count(prompts.length, "prompt")}, ${count(factors.length, "factor")}: activation changes from ${formatNumber(lowX)} to ${formatNumber(highX)}, prediction changes from ${formatNumber(lowY)} to ${formatNumber(highY)}.`,
    height: 388 + ROOM_FOR_LEGEND[size],
    size,
    data: factorPoints(changes, (factor, prompt) => [
      changes.activationChanges[factor]![prompt]!,
      changes.predictionChanges[factor]![prompt]!,
    ]),
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      xaxis: { title: { text: "change of the activation" } },
      yaxis: { title: { text: "change of the prediction" } },
      legend: { title: { text: "factor  " } },
    },
  });
}
