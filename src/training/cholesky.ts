/**
 * Solves symmetric positive definite systems in float64.
 *
 * (ml-matrix has this too; on rows of one flat array it is two to three times as fast, and ridge
 * regression spends its time here.)
 *
 * https://en.wikipedia.org/wiki/Cholesky_decomposition
 */
export interface CholeskyFactor {
  /** The solution x of A x = b, in a new array. */
  solve(b: ArrayLike<number>): Float64Array;
}

/**
 * Factors A = L Lᵀ.
 *
 * @param matrix `[n × n]`, symmetric; only its lower half is read
 * @param ridge added to the diagonal
 * @returns null if A is not positive definite to working precision
 */
export function cholesky(matrix: Float64Array, n: number, ridge = 0): CholeskyFactor | null {
  const lower = Float64Array.from(matrix);
  for (let row = 0; row < n; row++) {
    const r = row * n;
    lower[r + row] += ridge;
    for (let column = 0; column < row; column++) {
      const c = column * n;
      lower[r + column] = (lower[r + column] - dot(lower, r, c, column)) / lower[c + column];
    }
    const pivot = lower[r + row] - dot(lower, r, r, row);
    if (!(pivot > 0)) return null;
    lower[r + row] = Math.sqrt(pivot);
  }
  return { solve: (b) => solveFactored(lower, n, b) };
}

/** Dot product of two stretches of one array; four sums at a time keep the processor busy. */
function dot(values: Float64Array, a: number, b: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    s0 += values[a + i] * values[b + i];
    s1 += values[a + i + 1] * values[b + i + 1];
    s2 += values[a + i + 2] * values[b + i + 2];
    s3 += values[a + i + 3] * values[b + i + 3];
  }
  for (; i < length; i++) s0 += values[a + i] * values[b + i];
  return s0 + s1 + (s2 + s3);
}

function solveFactored(lower: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let row = 0; row < n; row++) {
    let sum = x[row];
    for (let column = 0; column < row; column++) sum -= lower[row * n + column] * x[column];
    x[row] = sum / lower[row * n + row];
  }
  // Lᵀ x = y, by columns of Lᵀ, which are rows of L.
  for (let row = n - 1; row >= 0; row--) {
    x[row] /= lower[row * n + row];
    for (let column = 0; column < row; column++) x[column] -= lower[row * n + column] * x[row];
  }
  return x;
}
