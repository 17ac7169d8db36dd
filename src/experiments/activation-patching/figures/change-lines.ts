import type { PlotData } from "plotly.js";
import { colourOf, withOpacity } from "../../../figures/colours";
import { promptHover } from "../../../figures/prompt-label";
import { thinLine } from "../../../figures/thin-line";
import { mean } from "../../../stats/mean";
import { alongTheActivation, type Changes, POINT_HOVER, pointData } from "./scaling-runs";

/**
 * Changes of activation and prediction against the factor, along the activation: thin lines of single
 * prompts, and over them a thick one of the mean of each.
 */
export function changeLines(changes: Changes): Partial<PlotData>[] {
  const along = alongTheActivation(changes);
  const kinds = [
    ["activation", along.activationChanges],
    ["prediction", along.predictionChanges],
  ] as const;
  return [
    ...kinds.flatMap(([kind, rows]) =>
      changes.prompts.map((_, prompt) => promptLine(changes, kind, rows, prompt)),
    ),
    ...kinds.map(([kind, rows]) => meanLine(changes, kind, rows)),
  ];
}

type Kind = "activation" | "prediction";
type Rows = Changes["activationChanges"];

function promptLine(changes: Changes, kind: Kind, rows: Rows, prompt: number): Partial<PlotData> {
  return {
    type: "scatter",
    mode: "lines",
    name: `${kind} change, single prompt`,
    legendgroup: kind,
    showlegend: false,
    x: [...changes.factors],
    y: rows.map((row) => row[prompt]!),
    line: thinLine(colourOf(kind), changes.prompts.length),
    text: promptHover(changes.prompts[prompt]!),
    customdata: changes.factors.map((_, factor) => pointData(changes, factor, prompt)) as never,
    hovertemplate: POINT_HOVER,
  };
}

function meanLine(changes: Changes, kind: Kind, rows: Rows): Partial<PlotData> {
  const colour = colourOf(kind);
  const isActivation = kind === "activation";
  return {
    type: "scatter",
    mode: "lines+markers",
    name: `${kind} change`,
    legendgroup: kind,
    x: [...changes.factors],
    y: rows.map(mean),
    line: { color: colour, width: 3, dash: isActivation ? "dash" : "solid" },
    marker: {
      size: 9,
      color: colour,
      symbol: isActivation ? "square" : "circle",
      line: { color: withOpacity("#FFFFFF", 0.9), width: 1 },
    },
    hovertemplate: `<b>mean ${kind} change, along the activation</b><br>factor ×%{x}<br>%{y:.4~g}<extra></extra>`,
  };
}
