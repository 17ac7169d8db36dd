/** Some rows of a matrix of features, without copying them. */
export interface FeatureRows {
  /** `[all rows × columns]` */
  readonly data: Float32Array;
  readonly columns: number;
  /** Which rows. */
  readonly rows: readonly number[];
}

/** Mean and standard deviation of each column. */
export interface Standardisation {
  readonly mean: Float64Array;
  /** Population standard deviation; 1 where a column is constant. */
  readonly scale: Float64Array;
}

/** A column that varies by less than this share of its mean holds rounding errors. */
const CONSTANT_SHARE = 1e-6;

/** Column means and standard deviations in float64, in two passes. */
export function standardisation({ data, columns, rows }: FeatureRows): Standardisation {
  const mean = new Float64Array(columns);
  for (const row of rows) {
    for (let i = 0, at = row * columns; i < columns; i++, at++) mean[i] += data[at];
  }
  for (let i = 0; i < columns; i++) mean[i] /= rows.length;
  const scale = new Float64Array(columns);
  for (const row of rows) {
    for (let i = 0, at = row * columns; i < columns; i++, at++)
      scale[i] += (data[at] - mean[i]) ** 2;
  }
  for (let i = 0; i < columns; i++) {
    const deviation = Math.sqrt(scale[i] / rows.length);
    scale[i] = deviation > CONSTANT_SHARE * Math.abs(mean[i]) ? deviation : 1;
  }
  return { mean, scale };
}

/** Rows `from` to `to` (not included) of `features.rows`, standardised, as one float32 array. */
export function standardisedRows(
  { data, columns, rows }: FeatureRows,
  { mean, scale }: Standardisation,
  from = 0,
  to = rows.length,
): Float32Array {
  const result = new Float32Array((to - from) * columns);
  for (let row = from, out = 0; row < to; row++) {
    const start = rows[row] * columns;
    for (let i = 0; i < columns; i++) result[out++] = (data[start + i] - mean[i]) / scale[i];
  }
  return result;
}

/** Views of the rows, one each. */
export function rowViews({ data, columns, rows }: FeatureRows): Float32Array[] {
  return rows.map((row) => data.subarray(row * columns, (row + 1) * columns));
}
