import type { ColorScale } from "plotly.js";
import { extent } from "./extent";
import { INK } from "./template";

/**
 * From blue by white to vermilion, told apart by readers with any kind of colour vision: 0 is white, and
 * both ends are as far from it.
 */
export const DIVERGING: ColorScale = [
  [0, "#0072B2"],
  [0.25, "#7FB8D8"],
  [0.5, "#FFFFFF"],
  [0.75, "#EAAE7F"],
  [1, "#D55E00"],
];

/** The end of a scale around 0 that holds some numbers. */
export function diverges(values: readonly number[]): number {
  const [low, high] = values.length === 0 ? [0, 0] : extent(values);
  return Math.max(Math.abs(low), Math.abs(high)) || 1;
}

/** The key to a colour scale. */
export function colourKey(title: string) {
  return {
    ...{ orientation: "h", thickness: 10, len: 0.5, lenmode: "fraction", outlinewidth: 0 },
    ...{ x: 0, xanchor: "left", xpad: 0, yref: "container", y: 0, yanchor: "bottom", ypad: 8 },
    title: { text: title, side: "top", font: { size: 12, color: INK } },
    tickfont: { size: 11 },
    nticks: 5,
    ticklen: 3,
  };
}
