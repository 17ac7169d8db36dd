import * as tf from "@tensorflow/tfjs-core";
import type { Dtype, FloatAllocator } from "../checkpoints/dtypes";
import { toFloat32 } from "../checkpoints/named-array";
import type { TensorSource } from "../checkpoints/tensor-source";
import { ModelConfigError } from "../errors";
import { FloatMemory } from "../tensors/float-memory";
import type { ModelConfig } from "./config";
import { keyValueHeads } from "./config";
import { allFinite, type Matrix } from "./matrix";
import { parameterCount } from "./parameter-count";
import { type TensorNames, tensorNames } from "./tensor-names";
import { sizeWithTerms, withTerms } from "./vocabulary";
import {
  centerRows,
  foldNorm,
  foldValueBias,
  largeOffsets,
  lessMean,
  type NormArrays,
  type Offsets,
  takeOff,
  unembeddingTerms,
  type WeightProcessing,
} from "./weight-processing";
import type { BlockWeights, ModelWeights, NormWeights } from "./weights";

/** Weights of other types are codes that a quantization stands beside. */
const FLOATS: readonly Dtype[] = ["float64", "float32", "float16", "bfloat16"];

/** Weights, and what the user should know of the file they were read from. */
export interface LoadedWeights {
  readonly weights: ModelWeights;
  readonly warnings: readonly string[];
}

/**
 * Reads a model's weights by their Hugging Face names, processes them and gives them to the tensor
 * engine, one block at a time so that no second copy of all is held.
 *
 * @throws ModelConfigError if tensors are missing, of another shape than the config says, no
 *   floating-point numbers or not finite.
 * @throws CheckpointError if one is of a kind that is not supported, or cannot be read.
 */
export function loadWeights(
  source: TensorSource,
  config: ModelConfig,
  processing: WeightProcessing,
): LoadedWeights {
  const names = tensorNames(source, config);
  const reader = new WeightReader(source, config, names);
  const made: tf.Tensor[] = [];
  const matrix = ({ data, rows, columns }: Matrix) =>
    keepTrack(made, tf.tensor2d(data, [rows, columns]));
  const vector = (data: Float32Array) => keepTrack(made, tf.tensor1d(data));
  const norm = ({ w, b }: NormArrays): NormWeights => ({ w: vector(w), b: b && vector(b) });
  const makers = { matrix, vector, norm };
  try {
    const lnFinal = reader.norm(names.table.ln_final);
    const weights: ModelWeights = {
      // First, while there is nothing else: they take the most memory on the way.
      ...readVocabulary(reader, processing, lnFinal, makers),
      W_pos: names.table.positions ? matrix(readPositions(reader, processing)) : null,
      blocks: Array.from({ length: config.n_layers }, (_, layer) =>
        readBlock(reader, processing, layer, makers),
      ),
      ln_final: processing.foldLn ? null : norm(lnFinal),
    };
    return { weights, warnings: names.warnings };
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

function keepTrack<T extends tf.Tensor>(made: tf.Tensor[], tensor: T): T {
  made.push(tensor);
  // The native engine takes an array when a tensor is first used: now, so that one that it copies can go.
  tf.slice(tensor, Array(tensor.rank).fill(0), Array(tensor.rank).fill(1)).dispose();
  // Weights outlive any tidy that the caller may be in.
  return tf.keep(tensor);
}

interface TensorMakers {
  matrix(matrix: Matrix): tf.Tensor2D;
  vector(data: Float32Array): tf.Tensor1D;
  norm(arrays: NormArrays): NormWeights;
}

function readBlock(
  reader: WeightReader,
  processing: WeightProcessing,
  layer: number,
  { matrix, vector, norm }: TensorMakers,
): BlockWeights {
  const { config, names } = reader;
  const { table } = names;
  const { biases, d_model: D, d_mlp: M, d_head: K, n_heads: H } = config;
  const at = (name: string) => `${table.blocks}${layer}.${name}`;
  const bias = (name: string, length: number, isThere: boolean) =>
    isThere ? reader.vector(`${at(name)}.bias`, length) : new Float32Array(length);
  const ln1 = reader.norm(at(table.ln1));
  const { W_QKV, b_QKV } = readAttentionInputs(reader, at);
  const W_O = reader.linear(at(table.o), H * K, D);
  const b_O = bias(table.o, D, biases.o);
  const ln2 = reader.norm(at(table.ln2));
  const W_gate = table.gate ? reader.linear(at(table.gate), D, M) : null;
  const W_in = reader.linear(at(table.in), D, M);
  const b_in = bias(table.in, M, biases.mlp);
  const W_out = reader.linear(at(table.out), M, D);
  const b_out = bias(table.out, D, biases.mlp);
  if (processing.foldLn) {
    foldNorm(W_QKV, b_QKV, ln1);
    foldNorm(W_in, b_in, ln2);
    if (W_gate) foldNorm(W_gate, new Float32Array(M), ln2);
  }
  if (processing.centerWritingWeights && config.normalization_type === "LN") {
    for (const weight of [W_O, asRow(b_O), W_out, asRow(b_out)]) centerRows(weight);
  }
  if (processing.foldValueBiases) {
    foldValueBias(b_QKV.subarray(b_QKV.length - keyValueHeads(config) * K), W_O, b_O, K);
  }
  const unlessFolded = (arrays: NormArrays) => (processing.foldLn ? null : norm(arrays));
  const normOf = (name: string | undefined) => (name ? norm(reader.norm(at(name))) : null);
  const headNorm = (name: string | undefined) =>
    name ? vector(reader.vector(`${at(name)}.weight`, K)) : null;
  return {
    ln1: unlessFolded(ln1),
    attn: {
      ...{ W_QKV: matrix(W_QKV), b_QKV: vector(b_QKV), W_O: matrix(W_O), b_O: vector(b_O) },
      ...{ q_norm: headNorm(table.q_norm), k_norm: headNorm(table.k_norm) },
    },
    ln1_post: normOf(table.ln1_post),
    ln2: unlessFolded(ln2),
    mlp: {
      W_gate: W_gate && matrix(W_gate),
      ...{ W_in: matrix(W_in), b_in: vector(b_in), W_out: matrix(W_out), b_out: vector(b_out) },
    },
    ln2_post: normOf(table.ln2_post),
  };
}

/** All queries, then all keys, then all values, side by side, however the file has them. */
function readAttentionInputs(
  reader: WeightReader,
  at: (name: string) => string,
): { readonly W_QKV: Matrix; readonly b_QKV: Float32Array } {
  const { d_model: D, d_head: K, n_heads: H, biases } = reader.config;
  const { qkv, qkvOrder } = reader.names.table;
  const ofQueries = H * K;
  const ofKeys = keyValueHeads(reader.config) * K;
  const width = ofQueries + 2 * ofKeys;
  const biasOf = (name: string, length: number) =>
    biases.qkv ? reader.vector(`${at(name)}.bias`, length) : new Float32Array(length);
  if (typeof qkv === "string") {
    const W = reader.linear(at(qkv), D, width);
    const b = biasOf(qkv, width);
    if (qkvOrder === "parts") return { W_QKV: W, b_QKV: b };
    byPart(W, H, K);
    byPart(asRow(b), H, K);
    return { W_QKV: W, b_QKV: b };
  }
  const parts = [
    { name: qkv.q, size: ofQueries, from: 0 },
    { name: qkv.k, size: ofKeys, from: ofQueries },
    { name: qkv.v, size: ofKeys, from: ofQueries + ofKeys },
  ];
  const W_QKV = { data: reader.memory.floats(D * width), rows: D, columns: width };
  const b_QKV = new Float32Array(width);
  for (const { name, size, from } of parts) {
    reader.linearInto(W_QKV, from, at(name), size);
    b_QKV.set(biasOf(name, size), from);
  }
  return { W_QKV, b_QKV };
}

/** Puts columns "(head, q|k|v, d_head)" into the order "(q|k|v, head, d_head)". */
function byPart({ data, rows, columns }: Matrix, heads: number, d_head: number): void {
  for (let row = 0; row < rows; row++) {
    const before = data.slice(row * columns, (row + 1) * columns);
    for (let head = 0; head < heads; head++) {
      for (let part = 0; part < 3; part++) {
        const from = (head * 3 + part) * d_head;
        const to = row * columns + (part * heads + head) * d_head;
        data.set(before.subarray(from, from + d_head), to);
      }
    }
  }
}

function readPositions(reader: WeightReader, { centerWritingWeights }: WeightProcessing): Matrix {
  const { n_ctx, d_model } = reader.config;
  const { positions, firstPosition = 0 } = reader.names.table;
  const all = reader.matrix(`${positions}.weight`, n_ctx + firstPosition, d_model);
  const own = { data: all.data.subarray(firstPosition * d_model), rows: n_ctx, columns: d_model };
  if (centerWritingWeights) centerRows(own);
  return own;
}

type VectorAndMatrix = Pick<TensorMakers, "matrix" | "vector">;

/** W_E and W_U, which are one tensor in a tied model. */
function readVocabulary(
  reader: WeightReader,
  processing: WeightProcessing,
  lnFinal: NormArrays,
  makers: VectorAndMatrix,
): Pick<ModelWeights, "embedding" | "unembedding"> {
  const { unembedding, offsets } = readUnembedding(reader, processing, lnFinal, makers);
  const { normalization_type, embedding_scale: scale } = reader.config;
  const centred = processing.centerWritingWeights && normalization_type === "LN";
  const hasTerms = unembedding.terms !== null;
  // Large offsets that were taken off are not put back to the last digit, and in those that were not
  // a mean loses digits: then W_E is a tensor of its own.
  const isShared = reader.names.isTied && (offsets === null || (hasTerms && centred));
  if (isShared) {
    const offset = offsets && makers.vector(Float32Array.from(lessMean(offsets.ofColumn)));
    return { unembedding, embedding: { rows: unembedding.rows, hasTerms, centred, offset, scale } };
  }
  const { embedding: name } = reader.names.table;
  const own = reader.matrix(`${name}.weight`, reader.config.d_vocab, reader.config.d_model);
  if (centred) centerRows(own);
  const plain = { hasTerms: false, centred: false, offset: null };
  return { unembedding, embedding: { rows: makers.matrix(own), ...plain, scale } };
}

/** W_U, and the large offsets of its rows; they are taken off where terms can hold them. */
function readUnembedding(
  reader: WeightReader,
  { foldLn, centerUnembed, centerWritingWeights }: WeightProcessing,
  lnFinal: NormArrays,
  { matrix, vector }: VectorAndMatrix,
): { unembedding: ModelWeights["unembedding"]; offsets: Offsets | null } {
  const { names, config } = reader;
  const { d_vocab, d_model, normalization_type } = config;
  const name = names.isTied ? names.table.embedding : names.table.unembedding;
  const bias = config.biases.unembed
    ? reader.vector(`${names.table.unembedding}.bias`, d_vocab)
    : null;
  // A cap on the logits sees what is added to all of them.
  const center = centerUnembed && config.output_logits_soft_cap === null;
  const hasTerms = foldLn || center || bias !== null;
  const all = reader.memory.floats(hasTerms ? sizeWithTerms(d_vocab, d_model) : d_vocab * d_model);
  const rows = reader.matrix(
    `${name}.weight`,
    d_vocab,
    d_model,
    all.subarray(all.length - d_vocab * d_model),
  );
  const isCentred = centerWritingWeights && normalization_type === "LN";
  const offsets = hasTerms || isCentred ? largeOffsets(rows) : null;
  if (!hasTerms) return { unembedding: { rows: matrix(rows), terms: null }, offsets };
  if (offsets) takeOff(rows, offsets);
  const terms = unembeddingTerms(rows, foldLn ? lnFinal : null, center, offsets, bias);
  const [scale, ofOffset, mean] = [terms.scale, terms.ofOffset, terms.mean].map(vector);
  const unembedding = {
    rows: matrix(withTerms(rows, terms, all)),
    terms: { scale, ofOffset, mean },
  };
  return { unembedding, offsets };
}

function asRow(data: Float32Array): Matrix {
  return { data, rows: 1, columns: data.length };
}

/** Reads tensors by their Hugging Face name without the prefix, and checks their shapes. */
export class WeightReader {
  /** Where the tensors are to stay. */
  readonly memory: FloatMemory;
  /** For what is read and then put elsewhere. */
  private scratch = new Float32Array(0);

  constructor(
    private readonly source: TensorSource,
    readonly config: ModelConfig,
    readonly names: TensorNames,
  ) {
    this.memory = new FloatMemory(parameterCount(config));
  }

  /** @param memory where it is to stand, if the caller has a place for it */
  matrix(name: string, rows: number, columns: number, memory?: Float32Array): Matrix {
    const floats = () => memory ?? this.memory.floats(rows * columns);
    return { data: this.read(name, [rows, columns], floats), rows, columns };
  }

  vector(name: string, length: number): Float32Array {
    return this.read(name, [length]);
  }

  /** W `[in, out]` of a projection, which most files have the other way round. */
  linear(name: string, inputs: number, outputs: number): Matrix {
    if (this.names.table.isConv1D) return this.matrix(`${name}.weight`, inputs, outputs);
    const data = this.memory.floats(inputs * outputs);
    const W = { data, rows: inputs, columns: outputs };
    this.linearInto(W, 0, name, outputs);
    return W;
  }

  /** Puts W `[in, out]` of a projection into the columns of another from `from` on. */
  linearInto(W: Matrix, from: number, name: string, outputs: number): void {
    const weight = `${name}.weight`;
    const [rows, columns] = this.names.table.isConv1D ? [W.rows, outputs] : [outputs, W.rows];
    if (this.scratch.length < rows * columns) this.scratch = new Float32Array(rows * columns);
    const part = this.matrix(weight, rows, columns, this.scratch.subarray(0, rows * columns));
    if (this.names.table.isConv1D) putColumns(W, from, part);
    else putTransposed(W, from, part);
  }

  norm(name: string): NormArrays {
    const { d_model, norm_offset, normalization_type } = this.config;
    const w = this.vector(`${name}.weight`, d_model);
    if (norm_offset !== 0) for (let i = 0; i < w.length; i++) w[i] += norm_offset;
    return { w, b: normalization_type === "LN" ? this.vector(`${name}.bias`, d_model) : null };
  }

  private read(name: string, shape: readonly number[], floats?: FloatAllocator): Float32Array {
    const inFile = this.names.inFile.get(name)!;
    const { dtype, shape: found } = this.source.info(inFile);
    if (!FLOATS.includes(dtype)) {
      throw new ModelConfigError(`"${inFile}" does not hold floating-point numbers`, {
        file: this.source.path,
        found: dtype,
        expected: FLOATS.join(", "),
        remedy: "Save the model without quantization.",
      });
    }
    if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis])) {
      throw new ModelConfigError(`"${inFile}" has another shape than the config says`, {
        file: this.source.path,
        found: `[${found.join(", ")}]`,
        expected: `[${shape.join(", ")}]`,
        remedy: "config.json and the weights must be of the same model.",
      });
    }
    const values = toFloat32(this.source.read(inFile, floats), `${this.source.path}: "${inFile}"`);
    checkFinite(values, inFile, this.source.path);
    return values;
  }
}

function putColumns(W: Matrix, from: number, { data, rows, columns }: Matrix): void {
  for (let row = 0; row < rows; row++) {
    W.data.set(data.subarray(row * columns, (row + 1) * columns), row * W.columns + from);
  }
}

/** So many rows and columns at a time stay in the processor's nearest memory. */
const TILE = 32;

function putTransposed(W: Matrix, from: number, { data, rows, columns }: Matrix): void {
  for (let firstRow = 0; firstRow < rows; firstRow += TILE) {
    const lastRow = Math.min(firstRow + TILE, rows);
    for (let firstColumn = 0; firstColumn < columns; firstColumn += TILE) {
      const lastColumn = Math.min(firstColumn + TILE, columns);
      for (let column = firstColumn; column < lastColumn; column++) {
        const to = column * W.columns + from;
        for (let row = firstRow; row < lastRow; row++) {
          W.data[to + row] = data[row * columns + column];
        }
      }
    }
  }
}

function checkFinite(values: Float32Array, name: string, file: string): void {
  if (allFinite(values)) return;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new ModelConfigError(`"${name}" holds a number that is not finite`, {
        file,
        found: `${values[i]} at element ${i}`,
        remedy: "The weights are damaged or were saved from a training run that diverged.",
      });
    }
  }
}
