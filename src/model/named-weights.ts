import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { GPT2Config } from "./config";
import { resolveLayer } from "./hook-points";
import { shown } from "./shown";
import { embeddingRows, unembeddingBias, unembeddingRows } from "./vocabulary";
import type { GPT2Weights } from "./weights";

/** What is needed of a model to name its weights. */
export interface WeightedModel {
  readonly cfg: GPT2Config;
  readonly weights: GPT2Weights;
}

/**
 * TransformerLens's names of a model's weights. Layer norms have none once they are folded.
 *
 * Shapes: `embed.W_E` `[d_vocab, d_model]`, `pos_embed.W_pos` `[n_ctx, d_model]`, `attn.W_Q|W_K|W_V`
 * `[n_heads, d_model, d_head]`, `attn.b_Q|b_K|b_V` `[n_heads, d_head]`, `attn.W_O` `[n_heads, d_head,
 * d_model]`, `mlp.W_in` `[d_model, d_mlp]`, `mlp.W_out` `[d_mlp, d_model]`, `unembed.W_U` `[d_model,
 * d_vocab]`, `unembed.b_U` `[d_vocab]`.
 */
export function weightNames({ cfg, weights }: WeightedModel): string[] {
  const norm = (name: string, present: unknown) => (present ? [`${name}.w`, `${name}.b`] : []);
  return [
    "embed.W_E",
    "pos_embed.W_pos",
    ...Array.from({ length: cfg.n_layers }, (_, layer) => {
      const name = `blocks.${layer}`;
      return [
        ...norm(`${name}.ln1`, weights.blocks[layer].ln1),
        ...["W_Q", "W_K", "W_V", "W_O", "b_Q", "b_K", "b_V", "b_O"].map(
          (part) => `${name}.attn.${part}`,
        ),
        ...norm(`${name}.ln2`, weights.blocks[layer].ln2),
        ...["W_in", "b_in", "W_out", "b_out"].map((part) => `${name}.mlp.${part}`),
      ];
    }).flat(),
    ...norm("ln_final", weights.ln_final),
    "unembed.W_U",
    "unembed.b_U",
  ];
}

/**
 * A weight under its TransformerLens name and shape, as a tensor that the caller disposes.
 *
 * @throws InputError if the model has no such weight.
 * @example
 * const W_in = getWeight(model, "blocks.2.mlp.W_in"); // [d_model, d_mlp]
 */
export function getWeight(model: WeightedModel, name: string): tf.Tensor {
  if (!weightNames(model).includes(name)) {
    throw new InputError("no such weight", {
      found: shown(name),
      expected: `a name such as "${weightNames(model)[2]}"`,
    });
  }
  const { cfg, weights } = model;
  return tf.tidy(() => {
    const block = /^blocks\.(\d+)\.(\w+)\.(\w+)$/.exec(name);
    if (block) return blockWeight(weights.blocks[Number(block[1])], cfg, block[2], block[3]);
    switch (name) {
      case "embed.W_E":
        return embeddingRows(weights.embedding);
      case "pos_embed.W_pos":
        return tf.clone(weights.W_pos);
      case "unembed.W_U":
        return tf.transpose(unembeddingRows(weights.unembedding));
      case "unembed.b_U":
        return unembeddingBias(weights.unembedding);
      default:
        return tf.clone(name === "ln_final.w" ? weights.ln_final!.w : weights.ln_final!.b);
    }
  });
}

function blockWeight(
  block: GPT2Weights["blocks"][number],
  cfg: GPT2Config,
  module: string,
  name: string,
): tf.Tensor {
  const { n_heads: H, d_head: K, d_model: D } = cfg;
  if (module === "ln1" || module === "ln2") return tf.clone(block[module]![name as "w" | "b"]);
  if (module === "mlp") return tf.clone(block.mlp[name as "W_in"]);
  if (name === "W_O") return tf.reshape(block.attn.W_O, [H, K, D]);
  if (name === "b_O") return tf.clone(block.attn.b_O);
  const part = "QKV".indexOf(name[2]);
  if (name[0] === "b") return tf.reshape(tf.slice(block.attn.b_QKV, part * D, D), [H, K]);
  const fused = tf.slice(block.attn.W_QKV, [0, part * D], [D, D]);
  return tf.transpose(tf.reshape(fused, [D, H, K]), [1, 0, 2]);
}

/** What neuron `neuron` of an MLP reads and writes, vectors of length d_model. */
export interface NeuronWeights {
  /** `W_in[:, neuron]` */
  readonly input: Float32Array;
  /** `W_out[neuron, :]` */
  readonly output: Float32Array;
}

/**
 * A hidden MLP neuron's input and output weights.
 *
 * @throws InputError if the layer or the neuron is out of range.
 */
export function mlpNeuronWeights(
  model: WeightedModel,
  layer: number,
  neuron: number,
): NeuronWeights {
  const { W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  const { d_mlp, d_model } = model.cfg;
  if (!Number.isInteger(neuron) || neuron < 0 || neuron >= d_mlp) {
    throw new InputError("there is no such MLP neuron", {
      found: String(neuron),
      expected: `a whole number from 0 to ${d_mlp - 1}`,
    });
  }
  return tf.tidy(() => ({
    input: tf.slice(W_in, [0, neuron], [d_model, 1]).dataSync<"float32">() as Float32Array,
    output: tf.slice(W_out, [neuron, 0], [1, d_model]).dataSync<"float32">() as Float32Array,
  }));
}

/**
 * The direction that coordinate `coordinate` of an MLP's output reads from the residual stream if
 * the activation function is taken as the identity: `W_in @ W_out[:, coordinate]`, length d_model.
 *
 * @throws InputError if the layer or the coordinate is out of range.
 */
export function linearisedReadDirection(
  model: WeightedModel,
  layer: number,
  coordinate: number,
): Float32Array {
  const { W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  const { d_mlp, d_model } = model.cfg;
  if (!Number.isInteger(coordinate) || coordinate < 0 || coordinate >= d_model) {
    throw new InputError("there is no such coordinate of the residual stream", {
      found: String(coordinate),
      expected: `a whole number from 0 to ${d_model - 1}`,
    });
  }
  return tf.tidy(
    () =>
      tf
        .matMul(W_in, tf.slice2d(W_out, [0, coordinate], [d_mlp, 1]))
        .dataSync<"float32">() as Float32Array,
  );
}
