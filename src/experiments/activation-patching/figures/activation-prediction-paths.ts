import type { Annotations, PlotData } from "plotly.js";
import { factorMarker } from "../../../figures/colours";
import { extent, padded } from "../../../figures/extent";
import { placeLabels } from "../../../figures/place-labels";
import { promptHover } from "../../../figures/prompt-label";
import { INK, SOFT_INK } from "../../../figures/template";
import { thinLine } from "../../../figures/thin-line";
import { type Changes, factorLabel, mean, POINT_HOVER, pointData } from "./scaling-runs";

/** About the size of the panel, in pixels; what the labels' places are computed for. */
const PANEL = { width: 340, height: 285 };
/** From a point of the mean path to the middle of its label. */
const LABEL_DISTANCE = 19;

const RIGHT = { xaxis: "x2", yaxis: "y2" } as const;

/** How far the panel shows prompts around the mean path, in extents of that path. */
const SURROUNDINGS = 0.75;
/** A mean path shorter than this share of all runs counts as one that does not move. */
const STILL = 1e-3;

/**
 * The ranges of activation and prediction: around the mean path, and no wider than all runs. Prompts
 * differ much more than factors do, so a panel with every prompt in it would show the path as a dot.
 */
export function pathRanges(changes: Changes): { x: [number, number]; y: [number, number] } {
  return {
    x: around(changes.activations, changes.baselineActivations),
    y: around(changes.predictions, changes.baselinePredictions),
  };
}

function around(
  runs: readonly (readonly number[])[],
  baseline: readonly number[],
): [number, number] {
  const [lowest, highest] = extent([...runs.flat(), ...baseline]);
  const [low, high] = extent([...runs.map(mean), mean(baseline)]);
  const length = high - low;
  if (length <= STILL * (highest - lowest)) return padded([lowest, highest]);
  const margin = SURROUNDINGS * length;
  return padded([Math.max(lowest, low - margin), Math.min(highest, high + margin)]);
}

/**
 * The paths that pairs (activation, prediction) take from the smallest factor to the largest: thin
 * ones of single prompts, over them the path of the means, and the mean of the unpatched run.
 */
export function activationPredictionPaths(changes: Changes): Partial<PlotData>[] {
  const markers = changes.factors.map((_, factor) => factorMarker(factor, changes.factors.length));
  return [
    ...changes.prompts.map((_, prompt) => promptPath(changes, prompt)),
    {
      ...RIGHT,
      type: "scatter",
      mode: "lines+markers",
      name: "mean path",
      x: changes.activations.map(mean),
      y: changes.predictions.map(mean),
      line: { color: INK, width: 2 },
      marker: {
        size: 10,
        color: markers.map(({ color }) => color),
        symbol: markers.map(({ symbol }) => symbol),
        line: { color: "#FFFFFF", width: 1 },
      },
      text: changes.factors.map(factorLabel),
      hovertemplate:
        "<b>mean at factor %{text}</b><br>activation %{x:.4~g}<br>prediction %{y:.4~g}<extra></extra>",
    },
    {
      ...RIGHT,
      type: "scatter",
      mode: "markers",
      name: "baseline (unpatched)",
      x: [mean(changes.baselineActivations)],
      y: [mean(changes.baselinePredictions)],
      marker: { size: 19, color: INK, symbol: "circle-open", line: { color: INK, width: 2 } },
      hovertemplate:
        "<b>mean of the unpatched run</b><br>activation %{x:.4~g}<br>prediction %{y:.4~g}<extra></extra>",
    },
  ];
}

function promptPath(changes: Changes, prompt: number): Partial<PlotData> {
  return {
    ...RIGHT,
    type: "scatter",
    mode: "lines",
    name: "path of a single prompt",
    showlegend: false,
    x: changes.activations.map((row) => row[prompt]!),
    y: changes.predictions.map((row) => row[prompt]!),
    line: thinLine(SOFT_INK, changes.prompts.length),
    text: promptHover(changes.prompts[prompt]!),
    customdata: changes.factors.map((_, factor) => pointData(changes, factor, prompt)) as never,
    hovertemplate: POINT_HOVER,
  };
}

/** The factors beside the points of the mean path; one that finds no room is left to the hover. */
export function factorLabels(changes: Changes): Partial<Annotations>[] {
  const x = changes.activations.map(mean);
  const y = changes.predictions.map(mean);
  const ranges = pathRanges(changes);
  const pixels = (value: number, [low, high]: [number, number], size: number) =>
    ((value - low) / (high - low)) * size;
  const points = changes.factors.map((factor, index) => ({
    x: pixels(x[index]!, ranges.x, PANEL.width),
    y: pixels(y[index]!, ranges.y, PANEL.height),
    label: factorLabel(factor),
  }));
  const dx = points.at(-1)!.x - points[0]!.x;
  const dy = points.at(-1)!.y - points[0]!.y;
  const length = Math.hypot(dx, dy);
  // At right angles to the path: first on its upper side, then on the other.
  const flip = dx < 0 ? -1 : 1;
  const up =
    length === 0
      ? { x: 0, y: LABEL_DISTANCE }
      : {
          x: ((-dy * flip) / length) * (LABEL_DISTANCE + 4),
          y: ((dx * flip) / length) * LABEL_DISTANCE,
        };
  return placeLabels(points, [up, { x: -up.x, y: -up.y }]).flatMap((offset, index) =>
    offset === null
      ? []
      : [
          {
            text: points[index]!.label,
            showarrow: false,
            xref: "x2" as const,
            yref: "y2" as const,
            x: x[index]!,
            y: y[index]!,
            xshift: offset.x,
            yshift: offset.y,
            bgcolor: "rgba(255, 255, 255, 0.8)",
            borderpad: 1,
            font: { size: 12, color: INK },
          },
        ],
  );
}
