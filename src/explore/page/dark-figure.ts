import type { Figure } from "../../figures/figure";

/** The page's paper and ink in the dark theme, and the figures' own, as grey levels. */
const [PAPER, INK, WHITE, FIGURE_INK] = [0x1b, 0xe8, 0xff, 0x22];

/** Channels that differ by less are a grey to the eye. */
const GREY = 6;

/** A figure for dark paper: its greys turned around, its colours as they are. */
export function darkFigure({ data, layout }: Figure): Figure {
  return { data: turned(data, false), layout: turned(layout, false) };
}

/** @param isColour whether texts in it are colours, and no words that look like one */
function turned<T>(value: T, isColour: boolean): T {
  if (typeof value === "string") return (isColour ? turnedColour(value) : value) as T;
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((one) => turned(one, isColour)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    turned(one, /colou?r(scale|way)?$/.test(key)),
  ]);
  return Object.fromEntries(entries) as T;
}

function turnedColour(colour: string): string {
  const channels = channelsOf(colour);
  if (!channels) return colour;
  const [red, green, blue, opacity] = channels;
  if (Math.max(red, green, blue) - Math.min(red, green, blue) >= GREY) return colour;
  const grey = (red + green + blue) / 3;
  const level = PAPER + ((WHITE - grey) * (INK - PAPER)) / (WHITE - FIGURE_INK);
  const shown = Math.min(Math.round(level), WHITE);
  return `rgba(${shown}, ${shown}, ${shown}, ${opacity})`;
}

/** Red, green and blue from 0 to 255, and opacity; null if it is written otherwise. */
function channelsOf(
  colour: string,
): readonly [red: number, green: number, blue: number, opacity: number] | null {
  const hex = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(colour);
  if (hex) {
    const [red, green, blue] = hex.slice(1).map((part) => Number.parseInt(part, 16));
    return [red, green, blue, 1];
  }
  const parts = /^rgba?\(([^()]*)\)$/.exec(colour)?.[1].split(",").map(Number);
  if (!parts || parts.length < 3 || parts.some(Number.isNaN)) return null;
  const [red, green, blue, opacity = 1] = parts;
  return [red, green, blue, opacity];
}
