import type { PlotData } from "plotly.js";
import { colourOf, withOpacity } from "../../../figures/colours";
import { extent } from "../../../figures/extent";
import { promptHover } from "../../../figures/prompt-label";
import { INK, SOFT_INK } from "../../../figures/template";
import { linearRegression } from "../../../stats/linear-regression";
import { type Changes, POINT_HOVER, pointData } from "./scaling-runs";

const RIGHT = { xaxis: "x2", yaxis: "y2" } as const;

/**
 * The path that each prompt's pair (activation, prediction) takes from the smallest factor to the
 * largest, through its unpatched run; and the line through the unpatched runs. Paths that lie flatter
 * than that line say that the prediction goes along with the activation more than it follows it.
 */
export function activationPredictionPaths(changes: Changes): Partial<PlotData>[] {
  const { baselineActivations: x, baselinePredictions: y } = changes;
  const line = linearRegression([...x], [...y]);
  const ends = extent(x);
  return [
    ...(line.slope === null || line.intercept === null
      ? []
      : [
          {
            ...RIGHT,
            ...({ type: "scatter", mode: "lines", hoverinfo: "skip" } as const),
            name: "line through unpatched runs",
            x: [...ends],
            y: ends.map((value) => line.intercept! + line.slope! * value),
            line: { color: SOFT_INK, width: 1.5, dash: "dash" as const },
          },
        ]),
    ...changes.prompts.map((_, prompt) => promptPath(changes, prompt)),
    {
      ...RIGHT,
      type: "scatter",
      mode: "markers",
      name: "unpatched run",
      x: [...x],
      y: [...y],
      marker: { size: 7, color: "#FFFFFF", line: { color: INK, width: 1.5 } },
      text: changes.prompts.map(promptHover),
      hovertemplate:
        "<b>%{text}</b><br>unpatched<br>activation %{x:.4~g}<br>prediction %{y:.4~g}<extra></extra>",
    },
  ];
}

function promptPath(changes: Changes, prompt: number): Partial<PlotData> {
  const opacity = Math.min(Math.max(12 / changes.prompts.length, 0.2), 0.7);
  return {
    ...RIGHT,
    type: "scatter",
    mode: "lines",
    name: "path of a patched prompt",
    legendgroup: "path",
    showlegend: prompt === 0,
    x: changes.activations.map((row) => row[prompt]!),
    y: changes.predictions.map((row) => row[prompt]!),
    line: { color: withOpacity(colourOf("prediction"), opacity), width: 2 },
    text: promptHover(changes.prompts[prompt]!),
    customdata: changes.factors.map((_, factor) => pointData(changes, factor, prompt)) as never,
    hovertemplate: POINT_HOVER,
  };
}
