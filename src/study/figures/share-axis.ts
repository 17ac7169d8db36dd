import { extent, padded } from "../../figures/extent";

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
    shares.some((share) => share < low) ? low : padded(around)[0],
    shares.some((share) => share > high) ? high : padded(around)[1],
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
    ...(beyond > 0 ? [`${beyond} beyond the axis, as arrows at its edge`] : []),
  ]
    .map((text) => `; ${text}`)
    .join("");
}
