import type { ScatterLine } from "plotly.js";
import { withOpacity } from "./colours";

/** A line of one prompt among many: the more there are, the paler each. */
export function thinLine(colour: string, lines: number): Partial<ScatterLine> {
  const opacity = Math.min(Math.max(4 / lines, 0.08), 0.32);
  return { color: withOpacity(colour, opacity), width: 1 };
}
