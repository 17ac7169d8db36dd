/**
 * TransformerLens's weight processing, on plain arrays, in place.
 *
 * Reference: TransformerLens `ProcessWeights` (`fold_layer_norm`, `center_writing_weights`,
 * `center_unembed`, `fold_value_biases`). Sums run in float64, every element is rounded once.
 */

import { columnSums, type Matrix, rowSums, sumOf } from "./matrix";

/** The four switches of `HookedTransformer.from_pretrained`; all on by default. */
export interface WeightProcessing {
  /** Fold scale and shift of each layer norm into the weights that read it, and centre those. */
  readonly foldLn: boolean;
  /** Give every weight that writes to the residual stream mean zero over d_model. */
  readonly centerWritingWeights: boolean;
  /** Give the unembedding mean zero over the vocabulary. */
  readonly centerUnembed: boolean;
  /** Move value biases through W_O into b_O. */
  readonly foldValueBiases: boolean;
}

export const DEFAULT_PROCESSING: WeightProcessing = {
  foldLn: true,
  centerWritingWeights: true,
  centerUnembed: true,
  foldValueBiases: true,
};

export const NO_PROCESSING: WeightProcessing = {
  foldLn: false,
  centerWritingWeights: false,
  centerUnembed: false,
  foldValueBiases: false,
};

/** Scale and shift of a norm, `[d_model]` each; an RMS norm shifts nothing. */
export interface NormArrays {
  readonly w: Float32Array;
  readonly b: Float32Array | null;
}

/**
 * Folds a norm into the weights that read its output, W `[d_model, out]` and bias `[out]`. After a layer
 * norm W is then centred over d_model: the normalised input has mean zero, so nothing is lost.
 */
export function foldNorm(W: Matrix, bias: Float32Array, norm: NormArrays): void {
  if (norm.b === null) scaleRows(W, norm.w);
  else foldLayerNorm(W, bias, norm.w, norm.b);
}

function scaleRows({ data, rows, columns }: Matrix, w: Float32Array): void {
  for (let row = 0; row < rows; row++) {
    for (let i = row * columns; i < (row + 1) * columns; i++) data[i] *= w[row];
  }
}

function foldLayerNorm(
  W: Matrix,
  bias: Float32Array,
  scale: Float32Array,
  shift: Float32Array,
): void {
  const { data, rows, columns } = W;
  const [sums, shifts] = columnSums(W, [Float64Array.from(scale), Float64Array.from(shift)]);
  for (let column = 0; column < columns; column++) {
    sums[column] /= rows;
    bias[column] += shifts[column];
  }
  for (let row = 0; row < rows; row++) {
    const w = scale[row];
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      data[start + column] = data[start + column] * w - sums[column];
    }
  }
}

/** Gives every row (a vector written to the residual stream) mean zero. A bias is one row. */
export function centerRows({ data, rows, columns }: Matrix): void {
  for (let start = 0; start < rows * columns; start += columns) {
    const mean = sumOf(data, start, start + columns) / columns;
    for (let i = start; i < start + columns; i++) data[i] -= mean;
  }
}

function ones(count: number): Float64Array {
  return new Float64Array(count).fill(1);
}

/** What was taken off the rows of a matrix: `row[t][j] = left[t][j] + ofColumn[j] + ofRow[t]`. */
export interface Offsets {
  readonly ofColumn: Float64Array;
  readonly ofRow: Float64Array;
}

/**
 * An offset of more than so many standard deviations is taken off: float32 sums in which it comes and
 * goes would lose its digits. A smaller one costs two bits at most, and the rows stay as they are.
 */
const LARGE_OFFSET = 4;

/** Offsets are chosen by so many numbers: whatever is taken off is accounted for to the last digit. */
const SAMPLE = 32;

/** What all rows have in common, and what all numbers of a row have, as far as it is large. */
export function largeOffsets({ data, rows, columns }: Matrix): Offsets | null {
  const someRows = sample(rows);
  const ofColumn = Float64Array.from({ length: columns }, (_, column) =>
    largeMean(someRows.map((row) => data[row * columns + column])),
  );
  const someColumns = sample(columns);
  const ofRow = Float64Array.from({ length: rows }, (_, row) =>
    largeMean(someColumns.map((column) => data[row * columns + column] - ofColumn[column])),
  );
  const isNone = [ofColumn, ofRow].every((offsets) => offsets.every((offset) => offset === 0));
  return isNone ? null : { ofColumn, ofRow };
}

/** Up to `SAMPLE` places, evenly spaced. */
function sample(count: number): number[] {
  const size = Math.min(count, SAMPLE);
  return Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
}

/** The mean in float32, if it is large beside the standard deviation; else 0. */
function largeMean(values: readonly number[]): number {
  const mean = Math.fround(values.reduce((sum, value) => sum + value, 0) / values.length);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return mean ** 2 > LARGE_OFFSET ** 2 * variance ? mean : 0;
}

export function takeOff({ data, rows, columns }: Matrix, { ofColumn, ofRow }: Offsets): void {
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      data[start + column] -= ofColumn[column] + ofRow[row];
    }
  }
}

/**
 * What processing does to an unembedding whose offsets were taken off:
 * `W_U[:, t] = row[t] ∘ scale + offset[t] · ofOffset − shift[t] − mean`.
 */
export interface UnembeddingTerms {
  /** The final layer norm's scale, or ones, `[d_model]`. */
  readonly scale: Float32Array;
  /** Taken off each row, `[d_vocab]`. */
  readonly offset: Float32Array;
  /** What processing makes of a row of ones, `[d_model]`. */
  readonly ofOffset: Float32Array;
  /** `[d_vocab]` */
  readonly shift: Float32Array;
  /** `[d_model]` */
  readonly mean: Float32Array;
  /** `[d_vocab]` */
  readonly b_U: Float32Array;
}

/**
 * Folds the final layer norm into the unembedding, whose rows `[d_vocab, d_model]` stay as they are
 * (`norm` null: not), and gives W_U and b_U mean zero over the vocabulary (`center`).
 *
 * @param offsets that were taken off the rows
 * @param bias the unembedding's own, `[d_vocab]`
 */
export function unembeddingTerms(
  matrix: Matrix,
  norm: NormArrays | null,
  center: boolean,
  offsets: Offsets | null,
  bias: Float32Array | null = null,
): UnembeddingTerms {
  const { rows, columns } = matrix;
  const scale = norm?.w ?? new Float32Array(columns).fill(1);
  const ofColumn = offsets?.ofColumn ?? new Float64Array(columns);
  const offset = offsets?.ofRow ?? new Float64Array(rows);
  const b_U = bias ? Float64Array.from(bias) : new Float64Array(rows);
  const [isNormed, normShift] = [norm !== null && norm.b !== null, norm?.b ?? null];
  const shift = new Float64Array(rows);
  if (normShift) {
    const weights = [Float64Array.from(scale), Float64Array.from(normShift)] as const;
    const [scaled, shifted] = rowSums(matrix, weights);
    for (let row = 0; row < rows; row++) {
      shift[row] = scaled[row] / columns;
      b_U[row] += shifted[row];
    }
  }
  /** A row `[d_model]` with the layer norm folded in. */
  const folded = (values: Float64Array) => {
    const scaled = values.map((value, column) => value * scale[column]);
    return isNormed ? lessMean(scaled) : scaled;
  };
  const ofOffset = folded(ones(columns));
  if (normShift) {
    const perOffset = normShift.reduce((sum, b) => sum + b, 0);
    const common = normShift.reduce((sum, b, column) => sum + b * ofColumn[column], 0);
    for (let row = 0; row < rows; row++) b_U[row] += common + perOffset * offset[row];
  }
  const terms = { scale, offset, ofOffset, shift };
  if (!center) return asFloat32({ ...terms, b_U, mean: folded(ofColumn).map((value) => -value) });
  // What all rows have in common is a part of their mean, and goes with it.
  const [sums] = columnSums(matrix, [ones(rows), ones(rows)]);
  const meanShift = meanOf(shift);
  const meanOffset = meanOf(offset);
  const meanBias = meanOf(b_U);
  return asFloat32({
    ...terms,
    mean: sums.map(
      (sum, column) => (sum / rows) * scale[column] + meanOffset * ofOffset[column] - meanShift,
    ),
    b_U: b_U.map((value) => value - meanBias),
  });
}

/** The values less their mean. */
export function lessMean(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value - mean);
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function asFloat32(terms: Record<keyof UnembeddingTerms, ArrayLike<number>>): UnembeddingTerms {
  const { scale, offset, ofOffset, shift, mean, b_U } = terms;
  return {
    scale: Float32Array.from(scale),
    offset: Float32Array.from(offset),
    ofOffset: Float32Array.from(ofOffset),
    shift: Float32Array.from(shift),
    mean: Float32Array.from(mean),
    b_U: Float32Array.from(b_U),
  };
}

/**
 * Attention patterns sum to one, so a value bias always adds b_V · W_O: moves it into b_O `[d_model]`
 * and sets b_V `[n_key_value_heads · d_head]` to zero. W_O is `[n_heads · d_head, d_model]`.
 */
export function foldValueBias(
  b_V: Float32Array,
  W_O: Matrix,
  b_O: Float32Array,
  d_head: number,
): void {
  const perHead = W_O.rows / b_V.length; // query heads that read the same values
  const values = Float64Array.from({ length: W_O.rows }, (_, row) => {
    const [head, coordinate] = [Math.floor(row / d_head), row % d_head];
    return b_V[Math.floor(head / perHead) * d_head + coordinate];
  });
  const [sums] = columnSums(W_O, [values, values]);
  for (let column = 0; column < b_O.length; column++) b_O[column] += sums[column];
  b_V.fill(0);
}
