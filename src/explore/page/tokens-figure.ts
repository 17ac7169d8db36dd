import type { Figure } from "../../figures/figure";
import { figure } from "../../figures/template";
import type { OpenedHead, PromptRun } from "../explorer";
import { shownToken } from "./token-strip";

/** Activation and prediction at every token, as a figure. */
export function tokensFigure({ name }: OpenedHead, { tokens }: PromptRun): Figure {
  const rows = [
    tokens.map(({ activation }) => activation),
    tokens.map(({ prediction }) => prediction),
  ];
  const largest = Math.max(...rows.flat().map(Math.abs));
  return figure({
    title: "Activation and prediction at every token",
    subtitle: name,
    description: `Activation and prediction at ${tokens.length} tokens.`,
    height: 300,
    data: [
      {
        type: "heatmap",
        z: rows,
        y: ["activation", "prediction"],
        zmin: -largest,
        zmax: largest,
      },
    ],
    layout: {
      xaxis: {
        tickvals: tokens.map((_, i) => i),
        ticktext: tokens.map(({ text }) => shownToken(text)),
      },
    },
  });
}
