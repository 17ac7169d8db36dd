import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { resolveLayer } from "./hook-points";
import type { HookedTransformer } from "./hooked-transformer";
import { WeightReader } from "./load-weights";
import { tensorNames } from "./tensor-names";

/** What every neuron of one MLP reads and writes: vectors in the residual stream, one a neuron. */
export interface MlpVectors {
  /** `[d_mlp][d_model]` columns of `W_in` */
  readonly input: readonly Float32Array[];
  /** `[d_mlp][d_model]` columns of `W_gate`, the other input of a gated MLP; null in a plain one */
  readonly gate: readonly Float32Array[] | null;
  /** `[d_mlp][d_model]` rows of `W_out` */
  readonly output: readonly Float32Array[];
}

/**
 * The input and output weights of all neurons of a layer, as the model multiplies with them.
 *
 * @throws InputError if there is no such layer.
 * @example
 * mlpVectors(model, 2).input[7]; // W_in[:, 7]
 */
export function mlpVectors(model: HookedTransformer, layer: number): MlpVectors {
  const { W_gate, W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  return {
    input: rowsOf(() => tf.transpose(W_in)),
    gate: W_gate && rowsOf(() => tf.transpose(W_gate)),
    output: rowsOf(() => W_out),
  };
}

/**
 * The same as they stand in the model's file, before any weight processing: no norm folded in, nothing
 * centred.
 *
 * @throws InputError if there is no such layer.
 * @throws CheckpointError if the file is no longer the one that the model was read from.
 */
export async function rawMlpVectors(model: HookedTransformer, layer: number): Promise<MlpVectors> {
  const { d_model, d_mlp } = model.cfg;
  if (!model.files) {
    throw new InputError(
      "this model was made of arrays, so there is no file with its raw weights",
      {
        remedy: "Load it by fromPretrained.",
      },
    );
  }
  model.files.requireUnchanged();
  const { openModelFolder } = await import("../checkpoints/model-folder.js");
  const { tensors } = await openModelFolder(model.folder);
  try {
    const names = tensorNames(tensors, model.cfg);
    const { blocks, in: input, gate, out } = names.table;
    const reader = new WeightReader(tensors, model.cfg, names);
    const read = (name: string, inputs: number, outputs: number) => {
      const inBlock = `${blocks}${resolveLayer(layer, model.cfg)}.${name}`;
      return tf.tensor2d(reader.linear(inBlock, inputs, outputs).data, [inputs, outputs]);
    };
    const vectors = {
      input: rowsOf(() => tf.transpose(read(input, d_model, d_mlp))),
      gate: gate ? rowsOf(() => tf.transpose(read(gate, d_model, d_mlp))) : null,
      output: rowsOf(() => read(out, d_mlp, d_model)),
    };
    model.files.requireUnchanged();
    return vectors;
  } finally {
    tensors.close();
  }
}

/** What each coordinate of an MLP's output reads, by one of its inputs: vectors in the residual stream. */
export interface ReadDirections {
  /** `[d_model][d_model]` columns of `W_in @ W_out` */
  readonly input: readonly Float32Array[];
  /** `[d_model][d_model]` columns of `W_gate @ W_out`; null in a plain MLP */
  readonly gate: readonly Float32Array[] | null;
}

/**
 * What each coordinate of an MLP's output reads if its activation function is taken as the identity, of
 * a gated MLP for each input with the other one held. Behind a norm of what the MLP gives, columns of
 * `W_out` are multiplied by its weight; the norm's divisor, the same for all of them, is left out.
 *
 * @throws InputError if there is no such layer.
 */
export function readDirections(model: HookedTransformer, layer: number): ReadDirections {
  const { mlp, ln2_post } = model.weights.blocks[resolveLayer(layer, model.cfg)];
  const through = (W: tf.Tensor2D) =>
    rowsOf(() => {
      const W_out = ln2_post ? tf.mul(mlp.W_out, ln2_post.w) : mlp.W_out;
      return tf.transpose(tf.matMul(W, W_out as tf.Tensor2D));
    });
  return { input: through(mlp.W_in), gate: mlp.W_gate && through(mlp.W_gate) };
}

/** A matrix's rows. (A tidy walks through all that it returns: numbers are read after it.) */
function rowsOf(make: () => tf.Tensor2D | tf.Tensor): Float32Array[] {
  const tensor = tf.tidy(() => tf.clone(make()));
  const [rows, columns] = tensor.shape as [number, number];
  const data = tensor.dataSync<"float32">() as Float32Array;
  tensor.dispose();
  return Array.from({ length: rows }, (_, row) =>
    data.subarray(row * columns, (row + 1) * columns),
  );
}
