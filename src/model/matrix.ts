/**
 * Matrices, and sums over them in float64. Four numbers are taken at a time: sums that each wait for
 * the one before take three times as long.
 */

/** A row-major matrix. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

const TOGETHER = 4;

/** `Σ weights[row] · data[row, column]` for each column, of two weights at once. */
export function columnSums(
  { data, rows, columns }: Matrix,
  [v, w]: readonly [Float64Array, Float64Array],
): [Float64Array, Float64Array] {
  const [byV, byW] = [new Float64Array(columns), new Float64Array(columns)];
  const [v4, w4] = [new Float64Array(TOGETHER), new Float64Array(TOGETHER)];
  for (let row = 0; row < rows; row += TOGETHER) {
    const [inA, inB, inC, inD] = startsOf(row, rows, columns);
    // Rows behind the last have no weight.
    v4.fill(0).set(v.subarray(row, row + TOGETHER));
    w4.fill(0).set(w.subarray(row, row + TOGETHER));
    const [vA, vB, vC, vD] = v4;
    const [wA, wB, wC, wD] = w4;
    for (let column = 0; column < columns; column++) {
      const a = data[inA + column];
      const b = data[inB + column];
      const c = data[inC + column];
      const d = data[inD + column];
      byV[column] += vA * a + vB * b + vC * c + vD * d;
      byW[column] += wA * a + wB * b + wC * c + wD * d;
    }
  }
  return [byV, byW];
}

/** `Σ data[row, column] · weights[column]` for each row, of two weights at once. */
export function rowSums(
  { data, rows, columns }: Matrix,
  [v, w]: readonly [Float64Array, Float64Array],
): [Float64Array, Float64Array] {
  const [byV, byW] = [new Float64Array(rows), new Float64Array(rows)];
  for (let row = 0; row < rows; row += TOGETHER) {
    const [inA, inB, inC, inD] = startsOf(row, rows, columns);
    let [vA, vB, vC, vD, wA, wB, wC, wD] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let column = 0; column < columns; column++) {
      const a = data[inA + column];
      const b = data[inB + column];
      const c = data[inC + column];
      const d = data[inD + column];
      const byColumn = v[column];
      const byOther = w[column];
      vA += a * byColumn;
      vB += b * byColumn;
      vC += c * byColumn;
      vD += d * byColumn;
      wA += a * byOther;
      wB += b * byOther;
      wC += c * byOther;
      wD += d * byOther;
    }
    // What lies behind the last row is not kept.
    byV.set([vA, vB, vC, vD].slice(0, rows - row), row);
    byW.set([wA, wB, wC, wD].slice(0, rows - row), row);
  }
  return [byV, byW];
}

/** Where four rows start; those behind the last one stand for the first of them. */
function startsOf(row: number, rows: number, columns: number): [number, number, number, number] {
  const there = Math.min(rows - row, TOGETHER);
  const start = row * columns;
  return [
    start,
    there > 1 ? start + columns : start,
    there > 2 ? start + 2 * columns : start,
    there > 3 ? start + 3 * columns : start,
  ];
}

/** The sum of `values[from … to − 1]`. */
export function sumOf(values: Float32Array, from: number, to: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < to; i++) a += values[i];
  return a + b + c + d;
}

/** Whether no number is infinite or NaN. */
export function allFinite(values: Float32Array): boolean {
  // Those times 0 are NaN, and stay it in a sum.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    a += values[i] * 0;
    b += values[i + 1] * 0;
    c += values[i + 2] * 0;
    d += values[i + 3] * 0;
  }
  for (; i < values.length; i++) a += values[i] * 0;
  return a + b + c + d === 0;
}
