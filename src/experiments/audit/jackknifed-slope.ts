import type { Jackknifed } from "../../stats/jackknife-interval";
import { leaveOneOutLines } from "../../stats/leave-one-out-lines";

/**
 * The least-squares slope of y on x, a text each, and the same without each text.
 *
 * @returns null where x does not vary, with all texts or without one
 */
export function jackknifedSlope(x: readonly number[], y: readonly number[]): Jackknifed | null {
  const { whole, without } = leaveOneOutLines(x, y);
  if (whole === null || without.includes(null)) return null;
  return { estimate: whole.slope, leaveOneOut: without.map((line) => line!.slope) };
}
