import { extent, padded } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { panelTitle } from "../../../figures/panel-title";
import { figure, ROOM_FOR_LEGEND, ROOM_FOR_TITLES } from "../../../figures/template";
import { twoPanels } from "../../../figures/two-panels";
import { mean } from "../../../stats/mean";
import { count } from "../../../text/count";
import { formatNumber } from "../../../text/format-number";
import { activationPredictionPaths } from "./activation-prediction-paths";
import { changeLines } from "./change-lines";
import {
  alongTheActivation,
  type Changes,
  changesOf,
  factorLabel,
  rising,
  type ScalingRuns,
} from "./scaling-runs";

/** Share of the left panel's width that a factor's name on the axis needs. */
const ROOM_FOR_FACTOR = 0.11;

/**
 * What scaling the neuron's activation does. Left: changes of activation and prediction against the
 * factor, single prompts and their mean, counted along the activation: a mean of rises and falls says
 * nothing. Right: the path that each prompt's pair (activation, prediction) takes through its unpatched
 * run, and the line through the unpatched runs.
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
  const { rises, moved } = rising(changes);
  const along = `The prediction rises with the activation on ${rises} of ${count(moved, "prompt")}`;
  const named = factorsWithRoom(changes.factors);
  const { panels, height } = twoPanels(size, { share: 0.5, gap: 0.12 });
  const [left, right] = panels;
  return figure({
    title,
    subtitle:
      subtitle ??
      `${along}. Thick: mean over ${prompts}, signs turned so that the activation grows with the factor`,
    description: `${title}. ${along}. Mean changes over ${prompts}, signs turned so that the activation grows: ${meanChanges(changes)}.`,
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
        title: { text: "change along the activation" },
      },
      xaxis2: {
        domain: [right.left, right.right],
        anchor: "y2",
        title: { text: "activation" },
        range: around([...changes.activations.flat(), ...changes.baselineActivations]),
        zeroline: false,
      },
      yaxis2: {
        domain: [right.bottom, right.top],
        anchor: "x2",
        title: { text: "prediction" },
        range: around([...changes.predictions.flat(), ...changes.baselinePredictions]),
        zeroline: false,
      },
      annotations: [
        panelTitle("<b>Changes</b>", left.left, left.top),
        panelTitle("<b>Activation and prediction</b>, by prompt", right.left, right.top),
      ],
    },
  });
}

function around(values: readonly number[]): [number, number] {
  return padded(extent(values));
}

function meanChanges(changes: Changes): string {
  const { activationChanges, predictionChanges } = alongTheActivation(changes);
  return changes.factors
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
