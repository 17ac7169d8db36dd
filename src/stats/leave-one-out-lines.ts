import { InputError } from "../errors";
import { binaryScale } from "./binary-scale";
import { finitePairs } from "./finite-values";
import { leaveOneOut } from "./leave-one-out";
import { joinedMoments, type PointMoments, pointMoments } from "./point-moments";

/** A least-squares line and the correlation of what it is fitted to. */
export interface FittedLine {
  readonly slope: number;
  readonly intercept: number;
  /** Pearson's; null where y does not vary at all. */
  readonly correlation: number | null;
}

/** Numbers of about 1 that scatter less than this are one number, up to rounding. */
const ROUNDING = 8 * Number.EPSILON;

/** The line through all points, and through those of all groups but one. */
export interface LeaveOneOutLines {
  /** null where x does not vary. */
  readonly whole: FittedLine | null;
  /** `[group]` in the order in which labels first appear; null where x does not vary without it. */
  readonly without: readonly (FittedLine | null)[];
}

/**
 * Least squares of y on x, through all points and again without each group of points: what the
 * jackknife needs where the points of a group (the runs of one prompt) are not independent.
 *
 * @param x n numbers
 * @param y n numbers
 * @param groups n labels; each point is a group of its own if not given
 * @returns the lines; without the only group there is none
 * @throws {InputError} when lengths differ or a value is not finite
 *
 * @example
 * leaveOneOutLines([0, 1, 0, 2], [0, 1, 0, 4], ["a", "a", "b", "b"]).without[1].slope; // 1, of a alone
 */
export function leaveOneOutLines(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  groups?: readonly (string | number)[],
): LeaveOneOutLines {
  const [xs, ys] = finitePairs(x, "x", y, "y");
  if (groups && groups.length !== xs.length) {
    throw new InputError("groups must have one label for each point", {
      found: `${groups.length} labels`,
      expected: `${xs.length}`,
    });
  }
  // Scaled to about 1, so that no square vanishes or overflows.
  const scaleX = binaryScale(xs) || 1;
  const scaleY = binaryScale(ys) || 1;
  const byGroup = new Map<string | number, { x: number[]; y: number[] }>();
  xs.forEach((value, i) => {
    const label = groups ? groups[i]! : i;
    const group = byGroup.get(label) ?? { x: [], y: [] };
    group.x.push(value / scaleX);
    group.y.push(ys[i]! / scaleY);
    byGroup.set(label, group);
  });
  const parts = [...byGroup.values()].map((group) => pointMoments(group.x, group.y));
  const line = (moments: PointMoments) => lineOf(moments, scaleX, scaleY);
  return {
    whole: parts.length === 0 ? null : line(parts.reduce(joinedMoments)),
    without: parts.length < 2 ? parts.map(() => null) : leaveOneOut(parts, joinedMoments).map(line),
  };
}

function lineOf(
  { n, meanX, meanY, xx, xy, yy }: PointMoments,
  scaleX: number,
  scaleY: number,
): FittedLine | null {
  const none = n * ROUNDING ** 2;
  if (xx <= none) return null;
  const scaled = xy / xx;
  const correlation =
    yy <= none ? null : Math.max(-1, Math.min(1, xy / (Math.sqrt(xx) * Math.sqrt(yy))));
  return {
    slope: scaled * (scaleY / scaleX),
    intercept: (meanY - scaled * meanX) * scaleY,
    correlation,
  };
}
