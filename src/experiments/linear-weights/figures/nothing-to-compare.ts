import type { Figure } from "../../../figures/figure";
import { type FigureSize, figure, SOFT_INK } from "../../../figures/template";

/** In place of a figure of similarities where the target has no weights to compare with. */
export function nothingToCompare(title: string, size: FigureSize): Figure {
  const subtitle = "The target has no weights of its own to compare the head's with";
  return figure({
    ...{ title, subtitle, description: `${title} ${subtitle}.`, height: 200, size, data: [] },
    layout: {
      xaxis: { visible: false },
      yaxis: { visible: false },
      annotations: [
        {
          ...{ text: "nothing to compare", showarrow: false, xref: "paper", yref: "paper" },
          ...{ x: 0.5, y: 0.5, font: { size: 13, color: SOFT_INK } },
        },
      ],
    },
  });
}
