import type { PlotData } from "plotly.js";
import { extent, padded } from "../../figures/extent";
import { INK } from "../../figures/template";

/** Shares that are further from what a share can mean stand at the axis's edge. */
const WIDEST = [-1, 2] as const;

/** An axis of causal shares, and where a share stands on it. */
export interface ShareAxis {
  readonly range: readonly [low: number, high: number];
  /** At the axis's edge, if it lies beyond. */
  place(share: number): number;
  /** On which side it lies beyond; 0 if on the axis. */
  beyond(share: number): -1 | 0 | 1;
}

/** An axis on which 0, the threshold and 1 can be seen, and every share that is no outlier. */
export function shareAxis(shares: readonly number[]): ShareAxis {
  const [low, high] = WIDEST;
  const inside = shares.filter((share) => share >= low && share <= high);
  const around = extent([0, 1, ...inside]);
  const beyond = (share: number) => (share < low ? -1 : share > high ? 1 : 0);
  const range: [number, number] = [
    shares.some((share) => share < low) ? low : around[0],
    shares.some((share) => share > high) ? high : around[1],
  ];
  return {
    range: padded(range),
    beyond,
    place: (share) => Math.min(Math.max(share, range[0]), range[1]),
  };
}

/** In words, what a figure of shares leaves out or moves. */
export function notShown(without: number, beyond: number): string {
  return [
    ...(without > 0 ? [`${without} without a share not drawn`] : []),
    ...(beyond > 0 ? [`${beyond} beyond the axis, at its edge with an arrow`] : []),
  ]
    .map((text) => `; ${text}`)
    .join("");
}

/** Where an arrow beside a share that lies beyond the axis stands, as a share of the axis's margin. */
const ARROW = 0.6;

/**
 * Arrows beside heads that stand at the axis's edge since their shares lie beyond it.
 *
 * @param across - where each stands on the other axis
 */
export function beyondTraces<Head extends { readonly share: number }>(
  heads: readonly Head[],
  axis: ShareAxis,
  of: "x" | "y",
  across: (head: Head) => number | string,
): Partial<PlotData>[] {
  const those = heads.filter(({ share }) => axis.beyond(share) !== 0);
  if (those.length === 0) return [];
  const places = those.map(({ share }) => {
    const edge = axis.place(share);
    const end = axis.range[axis.beyond(share) < 0 ? 0 : 1];
    return edge + ARROW * (end - edge);
  });
  const symbols =
    of === "x" ? ["triangle-left", "triangle-right"] : ["triangle-down", "triangle-up"];
  return [
    {
      ...{ type: "scatter", mode: "markers", name: "beyond the axis", hoverinfo: "skip" },
      ...{ showlegend: false, [of]: places, [of === "x" ? "y" : "x"]: those.map(across) },
      marker: {
        symbol: those.map(({ share }) => `${symbols[axis.beyond(share) < 0 ? 0 : 1]}-open`),
        ...{ size: 8, color: INK },
      },
    } as Partial<PlotData>,
  ];
}
