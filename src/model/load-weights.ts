import * as tf from "@tensorflow/tfjs-core";
import type { Dtype } from "../checkpoints/dtypes";
import { toFloat32 } from "../checkpoints/named-array";
import type { TensorSource } from "../checkpoints/tensor-source";
import { ModelConfigError } from "../errors";
import type { GPT2Config } from "./config";
import { gpt2TensorNames, LM_HEAD, type TensorNames } from "./tensor-names";
import { withTerms } from "./vocabulary";
import {
  centerRows,
  foldLayerNorm,
  foldValueBias,
  type LayerNormArrays,
  largeOffsets,
  lessMean,
  type Matrix,
  type Offsets,
  takeOff,
  unembeddingTerms,
  type WeightProcessing,
} from "./weight-processing";
import type { BlockWeights, GPT2Weights, LayerNormWeights } from "./weights";

/** Weights of other types are codes that a quantization stands beside. */
const FLOATS: readonly Dtype[] = ["float64", "float32", "float16", "bfloat16"];

/** Weights, and what the user should know of the file they were read from. */
export interface LoadedWeights {
  readonly weights: GPT2Weights;
  readonly warnings: readonly string[];
}

/**
 * Reads a GPT-2's weights by their Hugging Face names, processes them and gives them to the tensor
 * engine, one block at a time so that no second copy of all is held.
 *
 * @throws ModelConfigError if tensors are missing, of another shape than the config says, no
 *   floating-point numbers or not finite.
 * @throws CheckpointError if one is of a kind that is not supported, or cannot be read.
 */
export function loadWeights(
  source: TensorSource,
  config: GPT2Config,
  processing: WeightProcessing,
): LoadedWeights {
  const names = gpt2TensorNames(source, config);
  const reader = new WeightReader(source, config, names);
  const made: tf.Tensor[] = [];
  const matrix = ({ data, rows, columns }: Matrix) =>
    keepTrack(made, tf.tensor2d(data, [rows, columns]));
  const vector = (data: Float32Array) => keepTrack(made, tf.tensor1d(data));
  const norm = ({ w, b }: LayerNormArrays): LayerNormWeights | null =>
    processing.foldLn ? null : { w: vector(w), b: vector(b) };
  try {
    const lnFinal = reader.layerNorm("ln_f");
    const weights: GPT2Weights = {
      // First, while there is nothing else: they take the most memory on the way.
      ...readVocabulary(reader, processing, lnFinal, { matrix, vector }),
      W_pos: matrix(readPositions(reader, processing)),
      blocks: Array.from({ length: config.n_layers }, (_, layer) =>
        readBlock(reader, config, processing, layer, { matrix, vector, norm }),
      ),
      ln_final: norm(lnFinal),
    };
    return { weights, warnings: names.warnings };
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}

function keepTrack<T extends tf.Tensor>(made: tf.Tensor[], tensor: T): T {
  made.push(tensor);
  // The native engine copies an array when a tensor is first used: now, so that the array can go.
  tf.slice(tensor, Array(tensor.rank).fill(0), Array(tensor.rank).fill(1)).dispose();
  // Weights outlive any tidy that the caller may be in.
  return tf.keep(tensor);
}

interface TensorMakers {
  matrix(matrix: Matrix): tf.Tensor2D;
  vector(data: Float32Array): tf.Tensor1D;
  norm(arrays: LayerNormArrays): LayerNormWeights | null;
}

function readBlock(
  reader: WeightReader,
  config: GPT2Config,
  processing: WeightProcessing,
  layer: number,
  { matrix, vector, norm }: TensorMakers,
): BlockWeights {
  const { d_model: D, d_mlp: M } = config;
  const name = `h.${layer}`;
  const ln1 = reader.layerNorm(`${name}.ln_1`);
  const W_QKV = reader.matrix(`${name}.attn.c_attn.weight`, D, 3 * D);
  const b_QKV = reader.vector(`${name}.attn.c_attn.bias`, 3 * D);
  const W_O = reader.matrix(`${name}.attn.c_proj.weight`, D, D);
  const b_O = reader.vector(`${name}.attn.c_proj.bias`, D);
  const ln2 = reader.layerNorm(`${name}.ln_2`);
  const W_in = reader.matrix(`${name}.mlp.c_fc.weight`, D, M);
  const b_in = reader.vector(`${name}.mlp.c_fc.bias`, M);
  const W_out = reader.matrix(`${name}.mlp.c_proj.weight`, M, D);
  const b_out = reader.vector(`${name}.mlp.c_proj.bias`, D);
  if (processing.foldLn) {
    foldLayerNorm(W_QKV, b_QKV, ln1);
    foldLayerNorm(W_in, b_in, ln2);
  }
  if (processing.centerWritingWeights) {
    for (const weight of [W_O, asRow(b_O), W_out, asRow(b_out)]) centerRows(weight);
  }
  if (processing.foldValueBiases) foldValueBias(b_QKV.subarray(2 * D), W_O, b_O);
  return {
    ln1: norm(ln1),
    attn: { W_QKV: matrix(W_QKV), b_QKV: vector(b_QKV), W_O: matrix(W_O), b_O: vector(b_O) },
    ln2: norm(ln2),
    mlp: { W_in: matrix(W_in), b_in: vector(b_in), W_out: matrix(W_out), b_out: vector(b_out) },
  };
}

function readPositions(reader: WeightReader, { centerWritingWeights }: WeightProcessing): Matrix {
  const { n_ctx, d_model } = reader.config;
  const positions = reader.matrix("wpe.weight", n_ctx, d_model);
  if (centerWritingWeights) centerRows(positions);
  return positions;
}

type VectorAndMatrix = Pick<TensorMakers, "matrix" | "vector">;

/** W_E and W_U, which are one tensor in a tied model. */
function readVocabulary(
  reader: WeightReader,
  processing: WeightProcessing,
  lnFinal: LayerNormArrays,
  makers: VectorAndMatrix,
): Pick<GPT2Weights, "embedding" | "unembedding"> {
  const { unembedding, offsets } = readUnembedding(reader, processing, lnFinal, makers);
  const { centerWritingWeights: centred } = processing;
  const hasTerms = unembedding.terms !== null;
  // Large offsets that were taken off are not put back to the last digit, and in those that were not
  // a mean loses digits: then W_E is a tensor of its own.
  const isShared = reader.names.isTied && (offsets === null || (hasTerms && centred));
  if (isShared) {
    const offset = offsets && makers.vector(Float32Array.from(lessMean(offsets.ofColumn)));
    return { unembedding, embedding: { rows: unembedding.rows, hasTerms, centred, offset } };
  }
  const own = reader.matrix("wte.weight", reader.config.d_vocab, reader.config.d_model);
  if (centred) centerRows(own);
  const embedding = { rows: makers.matrix(own), hasTerms: false, centred: false, offset: null };
  return { unembedding, embedding };
}

/** W_U, and the large offsets of its rows; they are taken off where terms can hold them. */
function readUnembedding(
  reader: WeightReader,
  { foldLn, centerUnembed, centerWritingWeights }: WeightProcessing,
  lnFinal: LayerNormArrays,
  { matrix, vector }: VectorAndMatrix,
): { unembedding: GPT2Weights["unembedding"]; offsets: Offsets | null } {
  const { d_vocab, d_model } = reader.config;
  const rows = reader.matrix(reader.names.isTied ? "wte.weight" : LM_HEAD, d_vocab, d_model);
  const hasTerms = foldLn || centerUnembed;
  const offsets = hasTerms || centerWritingWeights ? largeOffsets(rows) : null;
  if (!hasTerms) return { unembedding: { rows: matrix(rows), terms: null }, offsets };
  if (offsets) takeOff(rows, offsets);
  const all = unembeddingTerms(rows, foldLn ? lnFinal : null, centerUnembed, offsets);
  const [scale, ofOffset, mean] = [all.scale, all.ofOffset, all.mean].map(vector);
  const terms = { scale, ofOffset, mean };
  return { unembedding: { rows: matrix(withTerms(rows, all)), terms }, offsets };
}

function asRow(data: Float32Array): Matrix {
  return { data, rows: 1, columns: data.length };
}

/** Reads tensors by their Hugging Face name without the prefix, and checks their shapes. */
class WeightReader {
  constructor(
    private readonly source: TensorSource,
    readonly config: GPT2Config,
    readonly names: TensorNames,
  ) {}

  matrix(name: string, rows: number, columns: number): Matrix {
    return { data: this.read(name, [rows, columns]), rows, columns };
  }

  vector(name: string, length: number): Float32Array {
    return this.read(name, [length]);
  }

  layerNorm(name: string): LayerNormArrays {
    const { d_model } = this.config;
    return { w: this.vector(`${name}.weight`, d_model), b: this.vector(`${name}.bias`, d_model) };
  }

  private read(name: string, shape: readonly number[]): Float32Array {
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
    const values = toFloat32(this.source.read(inFile), `${this.source.path}: "${inFile}"`);
    checkFinite(values, inFile, this.source.path);
    return values;
  }
}

function checkFinite(values: Float32Array, name: string, file: string): void {
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
