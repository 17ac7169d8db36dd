/** One panel of a grid: its axes' names and its place on the paper, 0 to 1. */
export interface Panel {
  /** As traces name it: `x`, `x2`, … */
  readonly x: string;
  readonly y: string;
  /** As the layout names it: `xaxis`, `xaxis2`, … */
  readonly xaxis: string;
  readonly yaxis: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly isFirst: boolean;
  readonly isLeftmost: boolean;
  /** Whether no panel lies under it. */
  readonly isLowest: boolean;
}

export interface PanelGridOptions {
  readonly columns: number;
  /** Between panels, as a share of the paper. */
  readonly columnGap: number;
  readonly rowGap: number;
}

/** Panels of one size, row by row from the upper left. */
export function panelGrid(
  panels: number,
  { columns, columnGap, rowGap }: PanelGridOptions,
): Panel[] {
  const rows = Math.ceil(panels / columns);
  const width = (1 - columnGap * (columns - 1)) / columns;
  const height = (1 - rowGap * (rows - 1)) / rows;
  return Array.from({ length: panels }, (_, index) => {
    const number = index === 0 ? "" : String(index + 1);
    const left = (index % columns) * (width + columnGap);
    const top = 1 - Math.floor(index / columns) * (height + rowGap);
    return {
      x: `x${number}`,
      y: `y${number}`,
      xaxis: `xaxis${number}`,
      yaxis: `yaxis${number}`,
      left,
      right: Math.min(left + width, 1),
      top,
      bottom: Math.max(top - height, 0),
      isFirst: index === 0,
      isLeftmost: index % columns === 0,
      isLowest: index + columns >= panels,
    };
  });
}
