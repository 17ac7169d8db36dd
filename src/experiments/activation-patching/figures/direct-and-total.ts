import { extent, padded } from "../../../figures/extent";
import type { Figure } from "../../../figures/figure";
import type { FigureOptions } from "../../../figures/figure-options";
import { figure, ROOM_FOR_LEGEND, ROOM_FOR_TITLE, SOFT_INK } from "../../../figures/template";
import { cellText } from "../../../text/cell";
import { escapeHtml } from "../../../text/escape-html";
import type { DirectEffect } from "../evidence";
import { factorPoints } from "./factor-points";
import { changesOf, type ScalingRuns } from "./scaling-runs";

/**
 * Total against direct effect, a point for each prompt and factor: on the diagonal all of the effect
 * takes the direct path, above or below it later layers add to it or undo it.
 *
 * @param effect - the direct effect of the same runs; one that does not exist leaves a note
 * @throws {FigureError} naming the series, when lengths differ or a number is not finite
 *
 * @example
 * directAndTotalFigure(runs, patching.direct_effect);
 */
export function directAndTotalFigure(
  runs: ScalingRuns,
  effect: DirectEffect,
  {
    title = "By which path does it reach the head?",
    subtitle,
    size = "notebook",
  }: FigureOptions = {},
): Figure {
  const changes = changesOf("direct_and_total", runs);
  const { direct, total, reason, direct_share } = effect;
  const statement =
    reason === null
      ? `Share of the slope that takes the direct path: ${cellText(direct_share)}`
      : `There is no direct path: ${reason}`;
  const range = padded(extent([...direct.flat(), ...total.flat(), 0]));
  const points =
    reason === null
      ? factorPoints(changes, (factor, prompt) => [
          direct[factor]![prompt]!,
          total[factor]![prompt]!,
        ])
      : [];
  return figure({
    title,
    subtitle: subtitle ?? escapeHtml(statement),
    description: `${title} ${statement}.`,
    height: 400 + ROOM_FOR_TITLE + ROOM_FOR_LEGEND[size],
    size,
    data: [
      {
        ...{ type: "scatter", mode: "lines", name: "all of it direct", hoverinfo: "skip" },
        x: [...range],
        y: [...range],
        line: { color: SOFT_INK, width: 1.5, dash: "dash" },
      },
      ...points,
    ],
    layout: {
      margin: { t: ROOM_FOR_TITLE, r: 24, b: ROOM_FOR_LEGEND[size], l: 80 },
      xaxis: { range, title: { text: "change by the direct path alone" } },
      yaxis: { range, title: { text: "measured change of the prediction" } },
      legend: { title: { text: "factor  " } },
    },
  });
}
