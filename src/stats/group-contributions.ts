import { InputError } from "../errors";
import { centred } from "./centred";
import { finitePairs } from "./finite-values";
import { isConstant } from "./is-constant";

/** What each group of points adds to the coefficients of the line through all points. */
export interface GroupContributions {
  /** `[group]`; they add up to the slope. */
  slope: number[];
  /** `[group]`; they add up to the intercept. */
  intercept: number[];
}

/**
 * Least squares is linear in y: slope and intercept of a line through all points are sums over
 * groups of points. Turning around the sign of a group's y turns around its contribution.
 *
 * @param x n numbers
 * @param y n numbers
 * @param groups n labels; contributions are in the order in which labels first appear
 * @returns the contributions, or null where the line has no slope (fewer than two points, constant x)
 * @throws {InputError} when lengths differ or a value is not finite
 *
 * @example
 * groupContributions([0, 1, 0, 2], [0, 1, 0, 4], ["a", "a", "b", "b"]).slope; // sums to 2.03…
 */
export function groupContributions(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  groups: readonly (string | number)[],
): GroupContributions | null {
  const [xs, ys] = finitePairs(x, "x", y, "y");
  if (groups.length !== xs.length) {
    throw new InputError("groups must have one label for each point", {
      found: `${groups.length} labels`,
      expected: `${xs.length}`,
    });
  }
  if (xs.length < 2 || isConstant(xs)) return null;
  const { mean, differences: dx } = centred(xs);
  const squares = dx.reduce((sum, d) => sum + d * d, 0);
  const slope = new Map<string | number, number>();
  const intercept = new Map<string | number, number>();
  dx.forEach((d, i) => {
    const group = groups[i]!;
    const leverage = d / squares;
    slope.set(group, (slope.get(group) ?? 0) + leverage * ys[i]!);
    const offset = (1 / xs.length - mean * leverage) * ys[i]!;
    intercept.set(group, (intercept.get(group) ?? 0) + offset);
  });
  return { slope: [...slope.values()], intercept: [...intercept.values()] };
}
