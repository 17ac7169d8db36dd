import { formatNumber } from "../text/format-number";
import { extent } from "./extent";
import type { FigureOptions } from "./figure-options";
import { ROOM_FOR_TITLE } from "./template";
import type { TitleOptions } from "./title-options";

/** What figures of a caller's own numbers let them choose. */
export interface AxesOptions extends FigureOptions {
  /** The axes' names. */
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** One or two sentences that say what the figure shows, for whoever cannot see it. */
  readonly description?: string;
}

/** Above the panel: less where there is no title, in pixels. */
export function roomAbove({ title, subtitle }: TitleOptions): number {
  return title || subtitle ? ROOM_FOR_TITLE : 24;
}

/** From the lowest to the highest of some numbers, in words. */
export function rangeText(values: readonly (number | null)[]): string {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return "no number";
  const [low, high] = extent(numbers);
  return low === high ? formatNumber(low) : `${formatNumber(low)} to ${formatNumber(high)}`;
}
