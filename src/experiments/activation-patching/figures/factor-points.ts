import type { PlotData } from "plotly.js";
import { factorMarker } from "../../../figures/colours";
import { promptHover } from "../../../figures/prompt-label";
import { type Changes, factorLabel, POINT_HOVER, pointData } from "./scaling-runs";

/**
 * One trace for each factor, from the smallest: its points in colour and shape, a point a prompt.
 *
 * @param value - what is drawn of a point, as [x, y]
 * @param prompts - which prompts; all unless said otherwise
 */
export function factorPoints(
  changes: Changes,
  value: (factor: number, prompt: number) => readonly [number, number],
  prompts: readonly number[] = changes.prompts.map((_, prompt) => prompt),
): Partial<PlotData>[] {
  return changes.factors.map((number, factor) => {
    const points = prompts.map((prompt) => value(factor, prompt));
    return {
      type: "scatter",
      mode: "markers",
      name: factorLabel(number),
      legendgroup: factorLabel(number),
      x: points.map(([x]) => x),
      y: points.map(([, y]) => y),
      marker: {
        opacity: 0.85,
        ...factorMarker(factor, changes.factors.length),
        line: { color: "#FFFFFF", width: 0.8 },
      },
      text: prompts.map((prompt) => promptHover(changes.prompts[prompt]!)),
      customdata: prompts.map((prompt) => pointData(changes, factor, prompt)) as never,
      hovertemplate: POINT_HOVER,
    };
  });
}
