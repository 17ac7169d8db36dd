import type { Annotations, ColorScale } from "plotly.js";
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

/** Below the panels: from the foot of the figure to the name of a colour key, in pixels. */
const KEY_NAME = 42;

/**
 * The key to a colour scale, at the foot of the figure.
 *
 * @param len - its share of the panels' width
 * @param x - its left end, as a share of the same
 */
export function colourKey(len: number, x = 0) {
  return {
    ...{ orientation: "h", thickness: 10, len, lenmode: "fraction", outlinewidth: 0 },
    ...{ x, xanchor: "left", xpad: 0, yref: "container", y: 0, yanchor: "bottom", ypad: 8 },
    tickfont: { size: 11 },
    nticks: 5,
    ticklen: 3,
  };
}

/**
 * What the key stands for, over it. (Plotly's own title lies across a key in a low figure.)
 *
 * @param bottom - the room below the panels, in pixels
 */
export function keyName(text: string, bottom: number, x = 0): Partial<Annotations> {
  return {
    ...{ text, showarrow: false, font: { size: 12, color: INK } },
    ...{ xref: "paper", x, xanchor: "left", xshift: -3 },
    ...{ yref: "paper", y: 0, yanchor: "bottom", yshift: KEY_NAME - bottom },
  };
}
