import { extent } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { panelTitle } from "../../../figures/panel-title";
import { figure, ROOM_FOR_LEGEND, ROOM_FOR_TITLES } from "../../../figures/template";
import { twoPanels } from "../../../figures/two-panels";
import { count } from "../../../text/count";
import { formatNumber } from "../../../text/format-number";
import { activationPredictionPaths, factorLabels, pathRanges } from "./activation-prediction-paths";
import { changeLines } from "./change-lines";
import { type Changes, changesOf, factorLabel, mean, type ScalingRuns } from "./scaling-runs";

/** Share of the left panel's width that a factor's name on the axis needs. */
const ROOM_FOR_FACTOR = 0.11;

/**
 * What scaling the neuron's activation does, on average (thick) and prompt by prompt (thin).
 * Left: changes of activation and prediction against the factor. Right: the path that the pair
 * (activation, prediction) takes, with the unpatched run marked.
 *
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * scalingExperimentFigure({
 *   prompts: ["The quick brown fox", "A second prompt"],
 *   baseline: { activations: [1, 2], predictions: [0.9, 1.7] },
 *   factors: [0, 1, 2],
 *   activations: [[0, 0], [1, 2], [2, 4]],
 *   predictions: [[0.5, 0.8], [0.9, 1.7], [1.3, 2.6]],
 * });
 */
export function scalingExperimentFigure(
  runs: ScalingRuns,
  {
    title = "What happens when the neuron's activation is scaled",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const changes = changesOf("scaling_experiment", runs);
  const prompts = count(changes.prompts.length, "prompt");
  const ranges = pathRanges(changes);
  const named = factorsWithRoom(changes.factors);
  const { panels, height } = twoPanels(size, { share: 0.5, gap: 0.12 });
  const [left, right] = panels;
  return figure({
    title,
    subtitle: subtitle ?? `Thick: mean over ${prompts}. Thin: single prompts.`,
    description: `${title}. Mean changes over ${prompts}: ${meanChanges(changes)}.`,
    height: height + ROOM_FOR_TITLES + ROOM_FOR_LEGEND[size],
    size,
    data: [...changeLines(changes), ...activationPredictionPaths(changes)],
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 24, b: ROOM_FOR_LEGEND[size], l: 64 },
      xaxis: {
        domain: [left.left, left.right],
        anchor: "y",
        title: { text: "factor on the activation" },
        tickvals: named,
        ticktext: named.map(factorLabel),
        tickangle: 0,
        zeroline: false,
      },
      yaxis: {
        domain: [left.bottom, left.top],
        anchor: "x",
        title: { text: "change against the unpatched run" },
      },
      xaxis2: {
        domain: [right.left, right.right],
        anchor: "y2",
        title: { text: "activation" },
        range: ranges.x,
        zeroline: false,
      },
      yaxis2: {
        domain: [right.bottom, right.top],
        anchor: "x2",
        title: { text: "prediction" },
        range: ranges.y,
        zeroline: false,
      },
      annotations: [
        panelTitle("<b>Changes</b>", left.left, left.top),
        panelTitle("<b>Activation and prediction</b>, around the mean", right.left, right.top),
        ...factorLabels(changes),
      ],
    },
  });
}

function meanChanges({ factors, activationChanges, predictionChanges }: Changes): string {
  return factors
    .map((factor, index) => {
      const [activation, prediction] = [activationChanges, predictionChanges].map((rows) =>
        formatNumber(mean(rows[index]!)),
      );
      return `${factorLabel(factor)}: activation ${activation}, prediction ${prediction}`;
    })
    .join("; ");
}

/** The factors whose names fit side by side on the axis. */
function factorsWithRoom(factors: readonly number[]): number[] {
  const [low, high] = extent(factors);
  const named: number[] = [];
  for (const factor of factors) {
    const before = named.at(-1);
    if (before === undefined || factor - before >= (high - low) * ROOM_FOR_FACTOR) {
      named.push(factor);
    }
  }
  return named;
}
