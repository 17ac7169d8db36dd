import type { Annotations, PlotData } from "plotly.js";
import { colourOf, factorMarker, type SeriesKind, withOpacity } from "./colours";
import { extent, padded } from "./extent";
import type { Figure } from "./figure";
import { formatNumber } from "./format-number";
import { panelTitle } from "./panel-title";
import {
  type Changes,
  changesOf,
  factorLabel,
  POINT_HOVER,
  pointData,
  rowMeans,
  type ScalingRuns,
} from "./scaling-runs";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLES } from "./template";
import type { TitleOptions } from "./title-options";

const LEFT: [number, number] = [0, 0.44];
const RIGHT: [number, number] = [0.56, 1];

/**
 * What scaling the neuron's activation does, on average (thick) and prompt by prompt (thin).
 * Left: changes of activation and prediction against the factor. Right: the path that the pair
 * (activation, prediction) takes, with the unpatched run marked.
 *
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * scalingExperiment({
 *   prompts: ["The quick brown fox", "A second prompt"],
 *   baseline: { activations: [1, 2], predictions: [0.9, 1.7] },
 *   factors: [0, 1, 2],
 *   activations: [[0, 0], [1, 2], [2, 4]],
 *   predictions: [[0.5, 0.8], [0.9, 1.7], [1.3, 2.6]],
 * });
 */
export function scalingExperiment(
  runs: ScalingRuns,
  { title = "What happens when the neuron's activation is scaled", subtitle }: TitleOptions = {},
): Figure {
  const changes = changesOf("scaling_experiment", runs);
  const { factors, prompts } = changes;
  const order = factors.map((_, index) => index).sort((a, b) => factors[a]! - factors[b]!);
  const meanActivationChanges = rowMeans(changes.activationChanges);
  const meanPredictionChanges = rowMeans(changes.predictionChanges);

  return figure({
    title,
    subtitle:
      subtitle ??
      `Thick: mean over ${prompts.length} prompt${prompts.length === 1 ? "" : "s"}. Thin: single prompts.`,
    description: `${title}. Mean changes over ${prompts.length} prompts: ${order
      .map(
        (factor) =>
          `${factorLabel(factors[factor]!)}: activation ${formatNumber(meanActivationChanges[factor]!)}, prediction ${formatNumber(meanPredictionChanges[factor]!)}`,
      )
      .join("; ")}.`,
    height: 480,
    data: [
      ...changeLines(
        "activation",
        changes.activationChanges,
        meanActivationChanges,
        changes,
        order,
      ),
      ...changeLines(
        "prediction",
        changes.predictionChanges,
        meanPredictionChanges,
        changes,
        order,
      ),
      ...paths(changes, order),
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 24, b: ROOM_FOR_LEGEND, l: 64 },
      xaxis: {
        domain: LEFT,
        anchor: "y",
        title: { text: "factor on the activation" },
        tickvals: [...factors],
        ticktext: factors.map(factorLabel),
        zeroline: false,
      },
      yaxis: { anchor: "x", title: { text: "change against the unpatched run" } },
      xaxis2: {
        domain: RIGHT,
        anchor: "y2",
        title: { text: "activation" },
        range: padded(extent([...changes.activations.flat(), ...changes.baselineActivations])),
        zeroline: false,
      },
      yaxis2: {
        anchor: "x2",
        title: { text: "prediction" },
        range: padded(extent([...changes.predictions.flat(), ...changes.baselinePredictions])),
        zeroline: false,
      },
      annotations: [
        panelTitle("<b>Changes</b>", LEFT[0], 1),
        panelTitle("<b>Activation and prediction</b>", RIGHT[0], 1),
        ...factorLabels(changes, order),
      ],
    },
  });
}

/** Thin lines of single prompts and a thick one of their mean, in the left panel. */
function changeLines(
  kind: SeriesKind & ("activation" | "prediction"),
  rows: Changes["activationChanges"],
  means: readonly number[],
  changes: Changes,
  order: readonly number[],
): Partial<PlotData>[] {
  const colour = colourOf(kind);
  const x = order.map((factor) => changes.factors[factor]!);
  return [
    ...changes.prompts.map(
      (_, prompt): Partial<PlotData> => ({
        type: "scatter",
        mode: "lines",
        name: `${kind} change, single prompt`,
        legendgroup: kind,
        showlegend: false,
        x,
        y: order.map((factor) => rows[factor]![prompt]!),
        line: { color: withOpacity(colour, 0.28), width: 1 },
        customdata: order.map((factor) => pointData(changes, factor, prompt)) as never,
        hovertemplate: POINT_HOVER,
      }),
    ),
    {
      type: "scatter",
      mode: "lines+markers",
      name: `${kind} change`,
      legendgroup: kind,
      x,
      y: order.map((factor) => means[factor]!),
      line: { color: colour, width: 3, dash: kind === "activation" ? "dash" : "solid" },
      marker: { color: colour, size: 8, symbol: kind === "activation" ? "square" : "circle" },
      hovertemplate: `<b>mean ${kind} change</b><br>factor ×%{x}<br>%{y:.4g}<extra></extra>`,
    },
  ];
}

/** The paths through activation and prediction, in the right panel. */
function paths(changes: Changes, order: readonly number[]): Partial<PlotData>[] {
  const right = { xaxis: "x2", yaxis: "y2" } as const;
  const { x, y, baseline } = meanPath(changes, order);
  const markers = order.map((_, place) => factorMarker(place, order.length));
  return [
    ...changes.prompts.map(
      (_, prompt): Partial<PlotData> => ({
        ...right,
        type: "scatter",
        mode: "lines",
        name: "path of a single prompt",
        showlegend: false,
        x: order.map((factor) => changes.activations[factor]![prompt]!),
        y: order.map((factor) => changes.predictions[factor]![prompt]!),
        line: { color: "rgba(90, 90, 90, 0.35)", width: 1 },
        customdata: order.map((factor) => pointData(changes, factor, prompt)) as never,
        hovertemplate: POINT_HOVER,
      }),
    ),
    {
      ...right,
      type: "scatter",
      mode: "lines+markers",
      name: "mean path",
      x,
      y,
      line: { color: INK, width: 2 },
      marker: {
        size: 10,
        color: markers.map(({ color }) => color),
        symbol: markers.map(({ symbol }) => symbol),
        line: { color: "#FFFFFF", width: 1 },
      },
      customdata: order.map((factor) => [factorLabel(changes.factors[factor]!)]) as never,
      hovertemplate:
        "<b>mean at factor %{customdata[0]}</b><br>activation %{x:.4g}<br>prediction %{y:.4g}<extra></extra>",
    },
    {
      ...right,
      type: "scatter",
      mode: "markers",
      name: "baseline (unpatched)",
      x: [baseline[0]],
      y: [baseline[1]],
      marker: { size: 19, color: INK, symbol: "circle-open", line: { color: INK, width: 2 } },
      hovertemplate:
        "<b>mean of the unpatched run</b><br>activation %{x:.4g}<br>prediction %{y:.4g}<extra></extra>",
    },
  ];
}

function meanPath(changes: Changes, order: readonly number[]) {
  const activations = rowMeans(changes.activations);
  const predictions = rowMeans(changes.predictions);
  const [activation, prediction] = rowMeans([
    changes.baselineActivations,
    changes.baselinePredictions,
  ]) as [number, number];
  return {
    x: order.map((factor) => activations[factor]!),
    y: order.map((factor) => predictions[factor]!),
    baseline: [activation, prediction] as const,
  };
}

/** A label at every point of the mean path, beside the path and on alternating sides where it is dense. */
function factorLabels(changes: Changes, order: readonly number[]): Partial<Annotations>[] {
  const { x, y } = meanPath(changes, order);
  const [left, right] = padded(extent(changes.activations.flat()));
  const [bottom, top] = padded(extent(changes.predictions.flat()));
  // The panel is about 340 pixels wide and 260 high.
  const dx = ((x.at(-1)! - x[0]!) / (right - left)) * 340;
  const dy = ((y.at(-1)! - y[0]!) / (top - bottom)) * 260;
  const length = Math.hypot(dx, dy) || 1;
  const dense = length / Math.max(order.length - 1, 1) < 30;
  // At right angles to the path, upwards.
  const across = dx < 0 ? { x: dy / length, y: -dx / length } : { x: -dy / length, y: dx / length };
  return order.map((factor, place) => {
    const side = dense && place % 2 === 1 ? -1 : 1;
    return {
      text: factorLabel(changes.factors[factor]!),
      showarrow: false,
      xref: "x2",
      yref: "y2",
      x: x[place]!,
      y: y[place]!,
      xshift: side * across.x * 22,
      yshift: side * across.y * 19,
      bgcolor: "rgba(255, 255, 255, 0.8)",
      borderpad: 1,
      font: { size: 12, color: INK },
    };
  });
}
