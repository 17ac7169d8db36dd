import { InputError } from "../errors";
import { finiteValues } from "./finite-values";
import { randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/**
 * Sums of vectors, each times its factor, for many choices of factors: a matrix product.
 *
 * @param factors `[n × k]`
 * @param rows `[k][d]`
 * @returns `[n][d]`
 */
export type WeightedSums = (
  factors: Float32Array,
  rows: readonly Float64Array[],
) => readonly ArrayLike<number>[];

/** How the vectors are drawn. */
export interface GaussianVectorsOptions {
  /** How many; 1,000 unless said otherwise. */
  n?: number;
  /** Seed of the draws; 0 unless said otherwise. */
  seed?: number;
  /** Name of the random stream; "gaussian-vectors" unless said otherwise. */
  name?: string;
  /** Multiplies; in plain loops unless said otherwise, which take seconds for thousands of rows. */
  sums?: WeightedSums;
}

/**
 * Gaussian vectors that have mean zero and the covariance of given vectors: random vectors that favour
 * the directions which these favour.
 *
 * A sum of the k centred vectors with independent standard normal factors has that covariance times k,
 * exactly and also where it is singular, so nothing has to be factored. The length is that of the sum:
 * only directions mean something.
 *
 * @param rows `[k][d]` the vectors whose covariance is taken
 * @param options number of draws, seed, stream name, and what multiplies
 * @returns `[n][d]` in the order they were drawn; null where the rows do not differ
 * @throws {InputError} when lengths differ, a value is not finite, or n or seed is not a whole number
 *
 * @example
 * gaussianVectors([[3, 0], [-3, 0.1], [1, 0]], { n: 5 }); // nearly along the first axis
 */
export function gaussianVectors(
  rows: readonly ArrayLike<number>[],
  { n = 1000, seed = 0, name = "gaussian-vectors", sums = inLoops }: GaussianVectorsOptions = {},
): readonly ArrayLike<number>[] | null {
  requireCount("n", n);
  const centred = centredRows(rows);
  const stream = randomStream(seed, name);
  if (centred === null) return null;
  const factors = new Float32Array(n * centred.length);
  for (let i = 0; i < factors.length; i++) factors[i] = stream.gaussian();
  return sums(factors, centred);
}

/** Rows minus their mean; null when nothing is left but rounding. */
function centredRows(rows: readonly ArrayLike<number>[]): Float64Array[] | null {
  const d = rows[0]?.length ?? 0;
  const mean = new Float64Array(d);
  let largest = 0;
  const values = rows.map((row, i) => {
    if (row.length !== d) {
      throw new InputError(`rows[${i}] has another length than rows[0]`, {
        found: `${row.length} values`,
        expected: `${d}`,
      });
    }
    const own = Float64Array.from(finiteValues(row, `rows[${i}]`));
    for (let j = 0; j < d; j++) {
      mean[j] += own[j]! / rows.length;
      largest = Math.max(largest, Math.abs(own[j]!));
    }
    return own;
  });
  let spread = 0;
  for (const own of values) {
    for (let j = 0; j < d; j++) {
      own[j] -= mean[j]!;
      spread = Math.max(spread, Math.abs(own[j]!));
    }
  }
  return spread <= rows.length * Number.EPSILON * largest ? null : values;
}

const inLoops: WeightedSums = (factors, rows) => {
  const k = rows.length;
  return Array.from({ length: factors.length / k }, (_, draw) => {
    const sum = new Float64Array(rows[0]!.length);
    rows.forEach((row, i) => {
      const factor = factors[draw * k + i]!;
      for (let j = 0; j < row.length; j++) sum[j] += factor * row[j]!;
    });
    return sum;
  });
};
