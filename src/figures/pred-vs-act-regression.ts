import type { PlotData } from "plotly.js";
import { extent, padded } from "./extent";
import { factorPoints } from "./factor-points";
import type { Figure } from "./figure";
import { drawableFit, type LineFit } from "./line-fit";
import { panelTitle } from "./panel-title";
import { changesOf, type ScalingRuns } from "./scaling-runs";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLES, SOFT_INK } from "./template";
import type { TitleOptions } from "./title-options";

const LEFT: [number, number] = [0, 0.56];
const RIGHT: [number, number] = [0.68, 1];

/**
 * The pooled regression of prediction change on activation change: points and line at the left,
 * what the line leaves over at the right. Residuals with a shape (a fan, a curve, a stripe for each
 * prompt) mean that one line is not the whole story.
 *
 * @param regression - the pooled fit of prediction change on activation change
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * predVsActRegression(runs, { slope: 0.42, intercept: 0.01, r_squared: 0.93 });
 */
export function predVsActRegression(
  runs: ScalingRuns,
  regression: LineFit,
  { title = "How strongly the prediction follows the activation", subtitle }: TitleOptions = {},
): Figure {
  const changes = changesOf("pred_vs_act_regression", runs);
  const { activationChanges: x, predictionChanges: y } = changes;
  const fit = drawableFit(
    "the pooled regression",
    regression,
    "activation change",
    "prediction change",
  );
  const { line } = fit;
  const range = padded(extent(x.flat()));
  const points = factorPoints(changes, (factor, prompt) => [
    x[factor]![prompt]!,
    y[factor]![prompt]!,
  ]);
  const residuals =
    line === null
      ? []
      : factorPoints(changes, (factor, prompt) => [
          x[factor]![prompt]!,
          y[factor]![prompt]! - line(x[factor]![prompt]!),
        ]).map(
          (trace): Partial<PlotData> => ({ ...trace, xaxis: "x2", yaxis: "y2", showlegend: false }),
        );
  const statement = fit.quality === "" ? fit.equation : `${fit.equation}   (${fit.quality})`;

  return figure({
    title,
    subtitle: subtitle ?? statement,
    description: `${title}. ${statement}.`,
    height: 480,
    data: [...points, ...(line === null ? [] : [fittedLine(line, extent(x.flat()))]), ...residuals],
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 24, b: ROOM_FOR_LEGEND, l: 72 },
      xaxis: { domain: LEFT, anchor: "y", range, title: { text: "change of the activation" } },
      yaxis: { anchor: "x", title: { text: "change of the prediction" } },
      xaxis2: { domain: RIGHT, anchor: "y2", range, title: { text: "change of the activation" } },
      yaxis2: { anchor: "x2", title: { text: "residual" }, zerolinecolor: INK, zerolinewidth: 2 },
      legend: { title: { text: "factor  " } },
      annotations: [
        panelTitle("<b>All prompts and factors</b>", LEFT[0], 1),
        panelTitle("<b>Residuals</b>", RIGHT[0], 1),
        ...(line === null
          ? [
              {
                text: "no line,<br>no residuals",
                showarrow: false,
                xref: "paper" as const,
                yref: "paper" as const,
                x: (RIGHT[0] + RIGHT[1]) / 2,
                y: 0.5,
                font: { color: SOFT_INK, size: 13 },
              },
            ]
          : []),
      ],
    },
  });
}

function fittedLine(
  line: (x: number) => number,
  [low, high]: readonly [number, number],
): Partial<PlotData> {
  return {
    type: "scatter",
    mode: "lines",
    name: "fitted line",
    x: [low, high],
    y: [line(low), line(high)],
    line: { color: INK, width: 2 },
    hoverinfo: "skip",
  };
}
