import type { FigureSize } from "./template";

/** Where a panel lies on the paper, 0 to 1. */
export interface PanelPlace {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Height of one panel, in pixels. */
const PANEL_HEIGHT = 286;
/** From the foot of a panel to the head of the next: the axis's name and a title. */
const ROW_GAP = 92;

/**
 * Two panels side by side, or in a narrow figure one under the other.
 *
 * @param share - of the width without the gap, what the left panel has
 * @param gap - between them, as a share of the width
 */
export function twoPanels(
  size: FigureSize,
  { share, gap }: { readonly share: number; readonly gap: number },
): { readonly panels: readonly [PanelPlace, PanelPlace]; readonly height: number } {
  if (size === "column") {
    const height = 2 * PANEL_HEIGHT + ROW_GAP;
    return {
      height,
      panels: [
        { left: 0, right: 1, top: 1, bottom: 1 - PANEL_HEIGHT / height },
        { left: 0, right: 1, top: PANEL_HEIGHT / height, bottom: 0 },
      ],
    };
  }
  const end = share * (1 - gap);
  return {
    height: PANEL_HEIGHT,
    panels: [
      { left: 0, right: end, top: 1, bottom: 0 },
      { left: end + gap, right: 1, top: 1, bottom: 0 },
    ],
  };
}
