import type { PlotData } from "plotly.js";
import { extent, padded } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { drawableFit, type LineFit } from "../../../figures/line-fit";
import { panelTitle } from "../../../figures/panel-title";
import { figure, INK, ROOM_FOR_LEGEND, ROOM_FOR_TITLES, SOFT_INK } from "../../../figures/template";
import { twoPanels } from "../../../figures/two-panels";
import { cellText, type IntervalCell } from "../../../text/cell";
import { escapeHtml } from "../../../text/escape-html";
import { factorPoints } from "./factor-points";
import { changesOf, type ScalingRuns } from "./scaling-runs";

export interface PredVsActRegressionOptions extends FigureOptions {
  /** The mean of the prompts' own slopes, where they disagree and the pooled line describes none. */
  readonly own?: IntervalCell;
}

/**
 * The pooled regression of prediction change on activation change: points and line at the left,
 * what the line leaves over at the right. Residuals with a shape (a fan, a curve, a stripe for each
 * prompt) mean that one line is not the whole story; where prompts disagree, `own` says what does.
 *
 * @param regression - the pooled fit of prediction change on activation change
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * predVsActRegressionFigure(runs, { slope: 0.42, intercept: 0.01, r_squared: 0.93 });
 */
export function predVsActRegressionFigure(
  runs: ScalingRuns,
  regression: LineFit,
  {
    title = "How strongly the prediction follows the activation",
    subtitle,
    size = "notebook",
    own,
  }: PredVsActRegressionOptions = {},
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
  const pooled = fit.quality === "" ? fit.equation : `${fit.equation} (${fit.quality})`;
  const statement = own
    ? `The prompts disagree: mean of their own slopes ${cellText(own)}. One line through all: ${pooled}`
    : pooled;

  const { panels, height } = twoPanels(size, { share: 0.636, gap: 0.12 });
  const [main, rest] = panels;
  return figure({
    title,
    // A sign stays with its number, R² with its value.
    subtitle:
      subtitle ?? escapeHtml(statement).replace(/(?<=R²) | (?=[\d.]+\))|(?<=[−+]) /g, "\u00a0"),
    description: `${title}. ${statement}.`,
    height: height + ROOM_FOR_TITLES + ROOM_FOR_LEGEND[size],
    size,
    data: [
      ...points,
      ...(line === null ? [] : [fittedLine(line, extent(x.flat()), own !== undefined)]),
      ...(own && own.estimate !== null ? [ownLine(own.estimate, extent(x.flat()))] : []),
      ...residuals,
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLES, r: 24, b: ROOM_FOR_LEGEND[size], l: 72 },
      xaxis: {
        domain: [main.left, main.right],
        anchor: "y",
        range,
        title: { text: "change of the activation" },
      },
      yaxis: {
        domain: [main.bottom, main.top],
        anchor: "x",
        title: { text: "change of the prediction" },
      },
      xaxis2: {
        domain: [rest.left, rest.right],
        anchor: "y2",
        range,
        title: { text: "change of the activation" },
      },
      yaxis2: {
        domain: [rest.bottom, rest.top],
        anchor: "x2",
        title: { text: "residual" },
        zerolinecolor: INK,
        zerolinewidth: 2,
      },
      legend: { title: { text: "factor  " } },
      annotations: [
        panelTitle("<b>All prompts and factors</b>", main.left, main.top),
        panelTitle("<b>Residuals</b>", rest.left, rest.top),
        ...(line === null
          ? [
              {
                text: "no line,<br>no residuals",
                showarrow: false,
                xref: "paper" as const,
                yref: "paper" as const,
                x: (rest.left + rest.right) / 2,
                y: (rest.bottom + rest.top) / 2,
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
  isNobodys: boolean,
): Partial<PlotData> {
  return {
    type: "scatter",
    mode: "lines",
    name: isNobodys ? "one line through all" : "fitted line",
    x: [low, high],
    y: [line(low), line(high)],
    line: isNobodys ? { color: SOFT_INK, width: 1.5, dash: "dash" } : { color: INK, width: 2 },
    hoverinfo: "skip",
  };
}

function ownLine(slope: number, [low, high]: readonly [number, number]): Partial<PlotData> {
  return {
    type: "scatter",
    mode: "lines",
    name: "mean of the prompts' own slopes",
    x: [low, high],
    y: [slope * low, slope * high],
    line: { color: INK, width: 2 },
    hoverinfo: "skip",
  };
}
