import * as tf from "@tensorflow/tfjs-core";
import { toFloat32 } from "../checkpoints/named-array";
import type { TensorSource } from "../checkpoints/tensor-source";
import { ModelConfigError } from "../errors";
import type { GPT2Config } from "./config";
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

/** Buffers that older files carry beside the weights: the causal mask and its fill value. */
const BUFFERS = /(^|\.)attn\.(bias|masked_bias)$/;
const PREFIX = "transformer.";
const LM_HEAD = "lm_head.weight";

/** How many names an error lists before it says "and n more". */
const NAMES_IN_ERROR = 6;

/**
 * Reads a GPT-2's weights from Hugging Face names (with or without `transformer.`), processes them
 * and gives them to the tensor engine, one block at a time so that no second copy of all is held.
 *
 * @throws ModelConfigError if tensors are missing, unknown or of another shape than the config says.
 */
export function loadWeights(
  source: TensorSource,
  config: GPT2Config,
  processing: WeightProcessing,
): GPT2Weights {
  const reader = new WeightReader(source, config);
  const made: tf.Tensor[] = [];
  const matrix = ({ data, rows, columns }: Matrix) =>
    keepTrack(made, tf.tensor2d(data, [rows, columns]));
  const vector = (data: Float32Array) => keepTrack(made, tf.tensor1d(data));
  const norm = ({ w, b }: LayerNormArrays): LayerNormWeights | null =>
    processing.foldLn ? null : { w: vector(w), b: vector(b) };
  try {
    const lnFinal = reader.layerNorm("ln_f");
    return {
      // First, while there is nothing else: they take the most memory on the way.
      ...readVocabulary(reader, processing, lnFinal, { matrix, vector }),
      W_pos: matrix(readPositions(reader, processing)),
      blocks: Array.from({ length: config.n_layers }, (_, layer) =>
        readBlock(reader, config, processing, layer, { matrix, vector, norm }),
      ),
      ln_final: norm(lnFinal),
    };
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
  const isShared = isTied(reader) && (offsets === null || (hasTerms && centred));
  if (isShared) {
    const offset = offsets && makers.vector(Float32Array.from(lessMean(offsets.ofColumn)));
    return { unembedding, embedding: { rows: unembedding.rows, hasTerms, centred, offset } };
  }
  const own = reader.matrix("wte.weight", reader.config.d_vocab, reader.config.d_model);
  if (centred) centerRows(own);
  const embedding = { rows: makers.matrix(own), hasTerms: false, centred: false, offset: null };
  return { unembedding, embedding };
}

function isTied(reader: WeightReader): boolean {
  return !reader.has(LM_HEAD);
}

/** W_U, and the large offsets of its rows; they are taken off where terms can hold them. */
function readUnembedding(
  reader: WeightReader,
  { foldLn, centerUnembed, centerWritingWeights }: WeightProcessing,
  lnFinal: LayerNormArrays,
  { matrix, vector }: VectorAndMatrix,
): { unembedding: GPT2Weights["unembedding"]; offsets: Offsets | null } {
  const { d_vocab, d_model } = reader.config;
  const rows = reader.matrix(isTied(reader) ? "wte.weight" : LM_HEAD, d_vocab, d_model);
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
  private readonly nameInFile: ReadonlyMap<string, string>;

  constructor(
    private readonly source: TensorSource,
    readonly config: GPT2Config,
  ) {
    const names = source.names
      .filter((name) => !BUFFERS.test(name))
      .map((name) => [name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name, name] as const);
    this.nameInFile = new Map(names);
    this.checkTwins(names);
    this.checkNames();
  }

  has(name: string): boolean {
    return this.nameInFile.has(name);
  }

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
    const inFile = this.nameInFile.get(name)!;
    const found = this.source.info(inFile).shape;
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

  /** The same tensor with and without the prefix: no telling which one is meant. */
  private checkTwins(names: readonly (readonly [string, string])[]): void {
    const twin = names.find(([name, inFile]) => this.nameInFile.get(name) !== inFile);
    if (!twin) return;
    throw new ModelConfigError(`there are two tensors "${twin[0]}"`, {
      file: this.source.path,
      found: `"${twin[1]}" and "${this.nameInFile.get(twin[0])}"`,
      expected: `names with "${PREFIX}" or without`,
      remedy: "Save the model again with save_pretrained.",
    });
  }

  private checkNames(): void {
    // A model that is tied may carry its own lm_head all the same, and it is the one that counts.
    const head = this.config.tie_word_embeddings ? [] : [LM_HEAD];
    const expected = [...expectedNames(this.config), ...head];
    const missing = expected.filter((name) => !this.has(name));
    const wanted = new Set([...expected, LM_HEAD]);
    const surplus = [...this.nameInFile.keys()].filter((name) => !wanted.has(name));
    if (missing.length === 0 && surplus.length === 0) return;
    throw new ModelConfigError(
      "the tensors are not those of the GPT-2 that config.json describes",
      {
        file: this.source.path,
        found: [
          missing.length > 0 && `${missing.length} missing (${listed(missing)})`,
          surplus.length > 0 && `${surplus.length} unknown (${listed(surplus)})`,
        ]
          .filter(Boolean)
          .join(" and "),
        expected: `${expected.length} tensors of ${this.config.n_layers} layers, with or without "${PREFIX}"`,
        remedy: "config.json and the weights must be of the same model.",
      },
    );
  }
}

function expectedNames({ n_layers }: GPT2Config): string[] {
  const withBias = (name: string) => [`${name}.weight`, `${name}.bias`];
  const blocks = Array.from({ length: n_layers }, (_, layer) =>
    ["ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"].flatMap((part) =>
      withBias(`h.${layer}.${part}`),
    ),
  );
  return ["wte.weight", "wpe.weight", ...blocks.flat(), ...withBias("ln_f")];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_IN_ERROR).join(", ");
  return names.length > NAMES_IN_ERROR
    ? `${shown} and ${names.length - NAMES_IN_ERROR} more`
    : shown;
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
