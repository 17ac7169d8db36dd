import { PCA } from "ml-pca";
import { InputError } from "../errors";
import { binaryScale } from "./binary-scale";
import { centred } from "./centred";
import { finiteValues } from "./finite-values";
import { largestMagnitude } from "./largest-magnitude";

/** Several vectors seen in the plane in which they differ most. */
export interface PrincipalComponents {
  /** `[k][2]` each vector's coordinates along the first and second component, in their units. */
  readonly points: readonly (readonly [number, number])[];
  /** Share of the total variance along each component; null when there is no variance at all. */
  readonly explained_variance_ratio: readonly [number, number] | readonly [null, null];
}

/** Vectors that differ by no more than this share of their largest entry differ by rounding alone. */
const ROUNDING = 4 * Number.EPSILON;

/** Loadings this close to the largest one (relative) tie with it; the first of them decides. */
const TIE = 1e-9;

/**
 * The first two principal components of k vectors taken as rows, centred, not scaled, as
 * scikit-learn's `PCA(n_components=2)`.
 *
 * **Signs.** A component's sign is arbitrary; here each component points so that its loading of
 * largest magnitude is positive (scikit-learn ≥ 1.5 does the same), and of several equally large
 * ones the first decides.
 *
 * **Edges.** A component that does not exist (one vector, one dimension, or vectors on a line) has
 * coordinate exactly 0 and ratio 0. When all vectors are equal every point is [0, 0] and both ratios
 * are null.
 *
 * https://en.wikipedia.org/wiki/Principal_component_analysis
 *
 * @param rows k vectors of one length d, k ≥ 1, d ≥ 1
 * @returns k points and the two explained-variance ratios
 * @throws {InputError} when there are no rows, they are empty or of different lengths, or a value is
 *   not finite
 *
 * @example
 * principalComponents([[0, 0], [2, 0], [4, 0]]);
 * // { points: [[-2, 0], [0, 0], [2, 0]], explained_variance_ratio: [1, 0] }
 */
export function principalComponents(rows: readonly ArrayLike<number>[]): PrincipalComponents {
  const matrix = rows.map((row, i) => finiteValues(row, `rows[${i}]`));
  const dimensions = matrix[0]?.length ?? 0;
  if (dimensions === 0) {
    throw new InputError("no vectors to compare", { expected: "at least one non-empty row" });
  }
  const odd = matrix.findIndex((row) => row.length !== dimensions);
  if (odd >= 0) {
    throw new InputError(`rows[${odd}] has another length than rows[0]`, {
      found: `${matrix[odd]!.length} values`,
      expected: `${dimensions}`,
    });
  }

  const differences = centredColumns(matrix);
  const spread = largestMagnitude(differences.flat());
  if (spread <= ROUNDING * largestMagnitude(matrix.flat())) {
    return {
      points: matrix.map((): [number, number] => [0, 0]),
      explained_variance_ratio: [null, null],
    };
  }

  const scale = binaryScale(differences.flat());
  // Scaled to about 1, so that squares neither overflow nor vanish; ml-pca divides by k − 1, and
  // k ≥ 2 here because one row has no spread.
  const scaled = differences.map((row) => row.map((value) => value / scale));
  const pca = new PCA(scaled, { center: false });
  const variances = pca.getEigenvalues();
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const axes = pca.getEigenvectors().transpose().to2DArray();
  const rounding = (Math.max(matrix.length, dimensions) * Number.EPSILON) ** 2;

  const component = (index: number) => {
    const variance = variances[index] ?? 0;
    if (variance <= rounding * variances[0]!) {
      return { ratio: 0, coordinates: matrix.map(() => 0) };
    }
    const axis = axes[index]!;
    const factor = signOf(axis) * scale;
    return {
      ratio: variance / total,
      coordinates: scaled.map((row) => dot(row, axis) * factor),
    };
  };
  const first = component(0);
  const second = component(1);
  return {
    points: matrix.map((_, i): [number, number] => [first.coordinates[i]!, second.coordinates[i]!]),
    explained_variance_ratio: [first.ratio, second.ratio],
  };
}

function centredColumns(matrix: number[][]): number[][] {
  const columns = matrix[0]!.map((_, j) => centred(matrix.map((row) => row[j]!)).differences);
  return matrix.map((_, i) => columns.map((column) => column[i]!));
}

function signOf(axis: number[]): number {
  const largest = largestMagnitude(axis);
  return axis.find((loading) => Math.abs(loading) >= largest * (1 - TIE))! < 0 ? -1 : 1;
}

function dot(a: number[], b: number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
