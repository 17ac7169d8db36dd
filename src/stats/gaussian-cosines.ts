import { InputError } from "../errors";
import { cosineSimilarity } from "./cosine-similarity";
import { finiteValues } from "./finite-values";
import { l2Norm } from "./l2-norm";
import type { RandomCosinesOptions } from "./random-cosines";
import { type RandomStream, randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/** Rows that are added in one pass over a draw: it saves three reads and writes in four. */
const ROWS_AT_ONCE = 4;

/**
 * The cosines of one vector with Gaussian vectors that have mean zero and the covariance of given
 * vectors: random vectors that favour the directions which these favour.
 *
 * A sum of the centred vectors with independent standard normal factors has that covariance (times
 * their number, which no cosine sees), exactly and also where it is singular, so nothing has to be
 * factored.
 *
 * @param vector `[d]`
 * @param rows `[k][d]` the vectors whose covariance is taken
 * @param options number of draws, seed, stream name ("gaussian-cosines" unless said otherwise)
 * @returns `[n]` cosines in the order they were drawn; null when the vector is all zero, or the rows
 *   do not differ and have no covariance
 * @throws {InputError} when lengths differ, a value is not finite, or n or seed is not a whole number
 *
 * @example
 * gaussianCosines([1, 0], [[3, 0], [-3, 0.1], [1, 0]], { n: 100 }); // near 1 and −1
 */
export function gaussianCosines(
  vector: ArrayLike<number>,
  rows: readonly ArrayLike<number>[],
  { n = 1000, seed = 0, name = "gaussian-cosines" }: RandomCosinesOptions = {},
): number[] | null {
  requireCount("n", n);
  const own = finiteValues(vector, "vector");
  const centred = centredRows(rows, own.length);
  const stream = randomStream(seed, name);
  if (l2Norm(own) === 0 || centred === null) return null;
  return Array.from({ length: n }, () => cosineSimilarity(own, draw(centred, own.length, stream))!);
}

/** Rows minus their mean, a multiple of four of them; null when nothing is left but rounding. */
function centredRows(rows: readonly ArrayLike<number>[], d: number): Float64Array[] | null {
  const mean = new Float64Array(d);
  rows.forEach((row, i) => {
    if (row.length !== d) {
      throw new InputError(`rows[${i}] has another length than vector`, {
        found: `${row.length} values`,
        expected: `${d}`,
      });
    }
    finiteValues(row, `rows[${i}]`).forEach((value, j) => {
      mean[j] += value / rows.length;
    });
  });
  const centred = rows.map((row) => Float64Array.from(row, (value, j) => value - mean[j]!));
  const largest = (lists: readonly ArrayLike<number>[]) =>
    lists.reduce(
      (most, list) => Array.from(list).reduce((m, value) => Math.max(m, Math.abs(value)), most),
      0,
    );
  if (largest(centred) <= rows.length * Number.EPSILON * largest(rows)) return null;
  while (centred.length % ROWS_AT_ONCE !== 0) centred.push(new Float64Array(d));
  return centred;
}

function draw(rows: readonly Float64Array[], d: number, stream: RandomStream): Float64Array {
  const sum = new Float64Array(d);
  for (let k = 0; k < rows.length; k += ROWS_AT_ONCE) {
    const [a, b, c, e] = [rows[k]!, rows[k + 1]!, rows[k + 2]!, rows[k + 3]!];
    const [p, q, r, s] = Array.from({ length: ROWS_AT_ONCE }, stream.gaussian) as number[];
    for (let j = 0; j < d; j++) sum[j] += p! * a[j]! + q! * b[j]! + r! * c[j]! + s! * e[j]!;
  }
  return sum;
}
