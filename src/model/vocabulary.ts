/**
 * The vocabulary's two matrices in one. GPT-2's unembedding is its embedding transposed, and weight
 * processing changes a token's row by terms of rank one only:
 *
 *     W_E[t]    = row[t] − mean(row[t]) + offset                                 centerWritingWeights
 *     W_U[:, t] = row[t] ∘ scale + offset[t] · ofOffset − shift[t] − mean        foldLn, centerUnembed
 *
 * So the rows stay as they are in the file, less offsets so large that float32 would lose digits in
 * them, held once, each with `offset`, `shift`, `b_U` and 1 behind it: the unembedding and its bias
 * are one product of these rows with `[x ∘ scale, x · ofOffset, −Σx, 1, −x · mean]`, and there is no
 * second copy of the logits. V = d_vocab, D = d_model.
 */
import * as tf from "@tensorflow/tfjs-core";
import type { Matrix } from "./matrix";
import type { UnembeddingTerms } from "./weight-processing";
import type { EmbeddingWeights, UnembeddingWeights } from "./weights";

/** Numbers behind a row: its offset, its shift, its bias, and 1. */
const TERMS = 4;

/** How many numbers rows `[V, D]` are with their terms. */
export function sizeWithTerms(rows: number, columns: number): number {
  return rows * (columns + TERMS);
}

/**
 * Each row `[V, D]` with its terms behind it `[V, D + 4]`.
 *
 * @param wide memory for them, at the end of which the rows themselves may stand
 */
export function withTerms(
  { data, rows, columns }: Matrix,
  terms: UnembeddingTerms,
  wide: Float32Array,
): Matrix {
  const { offset, shift, b_U } = terms;
  const width = columns + TERMS;
  for (let row = 0; row < rows; row++) {
    const end = row * width + columns;
    wide.set(data.subarray(row * columns, (row + 1) * columns), row * width);
    wide[end] = offset[row];
    wide[end + 1] = shift[row];
    wide[end + 2] = b_U[row];
    wide[end + 3] = 1;
  }
  return { data: wide, rows, columns: width };
}

/** W_E `[V, D]`, or its rows of some tokens: int32 `[…]` → `[…, D]`. */
export function embeddingRows(
  { rows, hasTerms, centred, offset, scale }: EmbeddingWeights,
  tokens?: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const chosen = tokens ? tf.gather<tf.Tensor>(rows, tokens) : rows;
    const plain = hasTerms ? part(chosen, 0, -TERMS) : chosen;
    const own = centred ? tf.sub(plain, tf.mean(plain, -1, true)) : plain;
    const whole = offset ? tf.add(own, offset) : own;
    return scale === 1 ? tf.clone(whole) : tf.mul(whole, scale);
  });
}

/** W_U transposed `[V, D]`, or its rows of some tokens: int32 `[…]` → `[…, D]`. */
export function unembeddingRows(
  { rows, terms }: UnembeddingWeights,
  tokens?: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const chosen = tokens ? tf.gather<tf.Tensor>(rows, tokens) : rows;
    if (!terms) return tf.clone(chosen);
    const offset = part(chosen, -TERMS, -TERMS + 1);
    const shift = part(chosen, -TERMS + 1, -TERMS + 2);
    const scaled = tf.mul(part(chosen, 0, -TERMS), terms.scale);
    const whole = tf.add(scaled, tf.mul(offset, terms.ofOffset));
    return tf.sub(tf.sub(whole, shift), terms.mean);
  });
}

/** b_U `[V]`, or that of some tokens: int32 `[…]` → `[…]`. */
export function unembeddingBias(
  { rows, terms }: UnembeddingWeights,
  tokens?: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const chosen = tokens ? tf.gather<tf.Tensor>(rows, tokens) : rows;
    const shape = chosen.shape.slice(0, -1);
    return terms ? tf.reshape(part(chosen, -2, -1), shape) : tf.zeros(shape);
  });
}

/** x `[B, T, D]` → x · W_U + b_U `[B, T, V]`. */
export function tokenLogits({ rows, terms }: UnembeddingWeights, x: tf.Tensor3D): tf.Tensor3D {
  const [B, T, D] = x.shape;
  return tf.tidy(() => {
    const flat = tf.reshape(x, [B * T, D]) as tf.Tensor2D;
    const input = terms ? factors(flat, terms) : flat;
    return tf.reshape(tf.matMul(input, rows, false, true), [B, T, rows.shape[0]]);
  });
}

/** What a row and its terms are multiplied with: `[N, D]` → `[N, D + 4]`. */
function factors(
  x: tf.Tensor2D,
  { scale, ofOffset, mean }: NonNullable<UnembeddingWeights["terms"]>,
): tf.Tensor2D {
  const along = (direction: tf.Tensor1D) => tf.sum(tf.mul(x, direction), -1, true) as tf.Tensor2D;
  const sum = tf.sum(x, -1, true) as tf.Tensor2D;
  const ofTerms = [along(ofOffset), tf.neg(sum), tf.onesLike(sum), tf.neg(along(mean))];
  return tf.concat([tf.mul(x, scale) as tf.Tensor2D, ...ofTerms], 1);
}

/** Columns `start … end − 1` of the last axis; both may count from its end. */
function part(tensor: tf.Tensor, start: number, end: number): tf.Tensor {
  const width = tensor.shape[tensor.rank - 1];
  const from = start < 0 ? start + width : start;
  const begin = [...Array(tensor.rank - 1).fill(0), from];
  return tf.slice(tensor, begin, [...tensor.shape.slice(0, -1), end + width - from]);
}
