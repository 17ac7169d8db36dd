import type { Annotations } from "plotly.js";
import { INK } from "./template";

/** A title over one panel; `x` and `y` are the panel's left and upper edges on the paper, 0 to 1. */
export function panelTitle(text: string, x: number, y: number, size = 13): Partial<Annotations> {
  return {
    text,
    showarrow: false,
    xref: "paper",
    x,
    xanchor: "left",
    xshift: -3,
    yref: "paper",
    y,
    yanchor: "bottom",
    yshift: 4,
    align: "left",
    font: { size, color: INK },
  };
}
