import { mean } from "simple-statistics";

/** What points (x, y) are to a straight line: their number, means and centred sums of squares. */
export interface PointMoments {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  /** Σ (x − mean)², and so on. */
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/**
 * The moments of some points.
 *
 * @param x n ≥ 1 finite numbers
 * @param y n finite numbers
 *
 * @example
 * pointMoments([0, 2], [1, 5]); // { n: 2, meanX: 1, meanY: 3, xx: 2, xy: 4, yy: 8 }
 */
export function pointMoments(x: readonly number[], y: readonly number[]): PointMoments {
  const [meanX, meanY] = [mean([...x]), mean([...y])];
  let [xx, xy, yy] = [0, 0, 0];
  x.forEach((value, i) => {
    const [u, v] = [value - meanX, y[i]! - meanY];
    xx += u * u;
    xy += u * v;
    yy += v * v;
  });
  return { n: x.length, meanX, meanY, xx, xy, yy };
}

/**
 * The moments of two sets of points together. Only sums of squares are added, so that no digits are
 * lost however far apart the sets lie.
 *
 * Chan, Golub and LeVeque, Algorithms for computing the sample variance, 1983.
 *
 * @example
 * joinedMoments(pointMoments([0], [1]), pointMoments([2], [5])).xy; // 4
 */
export function joinedMoments(a: PointMoments, b: PointMoments): PointMoments {
  const n = a.n + b.n;
  const [dx, dy] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const weight = (a.n * b.n) / n;
  return {
    n,
    meanX: a.meanX + (dx * b.n) / n,
    meanY: a.meanY + (dy * b.n) / n,
    xx: a.xx + b.xx + weight * dx * dx,
    xy: a.xy + b.xy + weight * dx * dy,
    yy: a.yy + b.yy + weight * dy * dy,
  };
}
