import * as tf from "@tensorflow/tfjs-core";
import { toFloat32 } from "../checkpoints/named-array";
import { InputError } from "../errors";
import { resolveLayer } from "./hook-points";
import type { HookedTransformer } from "./hooked-transformer";
import { tensorNames } from "./tensor-names";

/** What every neuron of one MLP reads and writes: vectors in the residual stream, one a neuron. */
export interface MlpVectors {
  /** `[d_mlp][d_model]` columns of `W_in` */
  readonly input: readonly Float32Array[];
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
  const { W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  return { input: rowsOf(() => tf.transpose(W_in)), output: rowsOf(() => W_out) };
}

/**
 * The same as they stand in the model's file, before any weight processing: no layer norm folded in,
 * nothing centred.
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
    const { inFile: names } = tensorNames(tensors, model.cfg);
    const end = `h.${resolveLayer(layer, model.cfg)}.mlp`;
    const read = (name: string, shape: [number, number]) => {
      const inFile = names.get(name)!;
      return tf.tensor2d(toFloat32(tensors.read(inFile), inFile), shape);
    };
    const vectors = {
      input: rowsOf(() => tf.transpose(read(`${end}.c_fc.weight`, [d_model, d_mlp]))),
      output: rowsOf(() => read(`${end}.c_proj.weight`, [d_mlp, d_model])),
    };
    model.files.requireUnchanged();
    return vectors;
  } finally {
    tensors.close();
  }
}

/**
 * What each coordinate of an MLP's output reads if its activation function is taken as the identity:
 * columns of `W_in @ W_out`, `[d_model][d_model]`.
 *
 * @throws InputError if there is no such layer.
 */
export function readDirections(model: HookedTransformer, layer: number): Float32Array[] {
  const { W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  return rowsOf(() => tf.transpose(tf.matMul(W_in, W_out)));
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
