import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { keyValueHeads, type ModelConfig } from "./config";
import { resolveLayer } from "./hook-points";
import { shown } from "./shown";
import { embeddingRows, unembeddingBias, unembeddingRows } from "./vocabulary";
import type { ModelWeights, NormWeights } from "./weights";

/** What is needed of a model to name its weights. */
export interface WeightedModel {
  readonly cfg: ModelConfig;
  readonly weights: ModelWeights;
}

/**
 * TransformerLens's names of a model's weights. Norms have none once they are folded.
 *
 * Shapes: `embed.W_E` `[d_vocab, d_model]`, `pos_embed.W_pos` `[n_ctx, d_model]`, `attn.W_Q` `[n_heads,
 * d_model, d_head]`, `attn.b_Q` `[n_heads, d_head]`, `attn.W_K|W_V` and `attn.b_K|b_V` the same, in models
 * with fewer key/value heads `attn._W_K` and so on of `n_key_value_heads`, `attn.W_O` `[n_heads, d_head,
 * d_model]`, `mlp.W_in` (and `mlp.W_gate`) `[d_model, d_mlp]`, `mlp.W_out` `[d_mlp, d_model]`,
 * `unembed.W_U` `[d_model, d_vocab]`, `unembed.b_U` `[d_vocab]`.
 */
export function weightNames({ cfg, weights }: WeightedModel): string[] {
  const norm = (name: string, present: NormWeights | null) => {
    if (!present) return [];
    return present.b ? [`${name}.w`, `${name}.b`] : [`${name}.w`];
  };
  const own = cfg.n_key_value_heads === null ? "" : "_";
  return [
    "embed.W_E",
    ...(weights.W_pos ? ["pos_embed.W_pos"] : []),
    ...weights.blocks.flatMap((block, layer) => {
      const name = `blocks.${layer}`;
      const { attn, mlp } = block;
      return [
        ...norm(`${name}.ln1`, block.ln1),
        ...["W_Q", `${own}W_K`, `${own}W_V`, "W_O", "b_Q", `${own}b_K`, `${own}b_V`, "b_O"].map(
          (part) => `${name}.attn.${part}`,
        ),
        ...(attn.q_norm ? [`${name}.attn.q_norm.w`, `${name}.attn.k_norm.w`] : []),
        ...norm(`${name}.ln1_post`, block.ln1_post),
        ...norm(`${name}.ln2`, block.ln2),
        ...[...(mlp.W_gate ? ["W_gate"] : []), "W_in", "b_in", "W_out", "b_out"].map(
          (part) => `${name}.mlp.${part}`,
        ),
        ...norm(`${name}.ln2_post`, block.ln2_post),
      ];
    }),
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
    const block = /^blocks\.(\d+)\.([\w.]+)\.(\w+)$/.exec(name);
    if (block) return blockWeight(weights.blocks[Number(block[1])], cfg, block[2], block[3]);
    switch (name) {
      case "embed.W_E":
        return embeddingRows(weights.embedding);
      case "pos_embed.W_pos":
        return tf.clone(weights.W_pos!);
      case "unembed.W_U":
        return tf.transpose(unembeddingRows(weights.unembedding));
      case "unembed.b_U":
        return unembeddingBias(weights.unembedding);
      default:
        return tf.clone(name === "ln_final.w" ? weights.ln_final!.w : weights.ln_final!.b!);
    }
  });
}

function blockWeight(
  block: ModelWeights["blocks"][number],
  cfg: ModelConfig,
  module: string,
  name: string,
): tf.Tensor {
  const { n_heads: H, d_head: K, d_model: D } = cfg;
  switch (module) {
    case "ln1":
    case "ln1_post":
    case "ln2":
    case "ln2_post":
      return tf.clone(block[module]![name as "w" | "b"]!);
    case "attn.q_norm":
      return tf.clone(block.attn.q_norm!);
    case "attn.k_norm":
      return tf.clone(block.attn.k_norm!);
    case "mlp":
      return tf.clone(block.mlp[name as "W_in"]);
  }
  if (name === "W_O") return tf.reshape(block.attn.W_O, [H, K, D]);
  if (name === "b_O") return tf.clone(block.attn.b_O);
  const heads = [H, keyValueHeads(cfg), keyValueHeads(cfg)];
  const part = "QKV".indexOf(name[name.length - 1]);
  const from = heads.slice(0, part).reduce((sum, count) => sum + count * K, 0);
  const count = heads[part];
  if (name.includes("b_")) {
    return tf.reshape(tf.slice(block.attn.b_QKV, from, count * K), [count, K]);
  }
  const fused = tf.slice(block.attn.W_QKV, [0, from], [D, count * K]);
  return tf.transpose(tf.reshape(fused, [D, count, K]), [1, 0, 2]);
}

/** What neuron `neuron` of an MLP reads and writes, vectors of length d_model. */
export interface NeuronWeights {
  /** `W_in[:, neuron]` */
  readonly input: Float32Array;
  /** `W_gate[:, neuron]`, the other input of a gated MLP; null in a plain one */
  readonly gate: Float32Array | null;
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
  const { W_gate, W_in, W_out } = model.weights.blocks[resolveLayer(layer, model.cfg)].mlp;
  const { d_mlp, d_model } = model.cfg;
  if (!Number.isInteger(neuron) || neuron < 0 || neuron >= d_mlp) {
    throw new InputError("there is no such MLP neuron", {
      found: String(neuron),
      expected: `a whole number from 0 to ${d_mlp - 1}`,
    });
  }
  const part = (W: tf.Tensor2D, begin: [number, number], size: [number, number]) =>
    tf.tidy(() => tf.slice(W, begin, size).dataSync<"float32">()) as Float32Array;
  const column = (W: tf.Tensor2D) => part(W, [0, neuron], [d_model, 1]);
  return {
    input: column(W_in),
    gate: W_gate && column(W_gate),
    output: part(W_out, [neuron, 0], [1, d_model]),
  };
}

/**
 * The direction that coordinate `coordinate` of an MLP's output reads from the residual stream if
 * the activation function is taken as the identity: `W_in @ W_out[:, coordinate]`, length d_model. Behind
 * a norm of what the MLP gives, the column is multiplied by its weight.
 *
 * @param by the input: in a gated MLP there are two
 * @throws InputError if the layer or the coordinate is out of range, or there is no such input.
 */
export function linearisedReadDirection(
  model: WeightedModel,
  layer: number,
  coordinate: number,
  by: "W_in" | "W_gate" = "W_in",
): Float32Array {
  const { mlp, ln2_post } = model.weights.blocks[resolveLayer(layer, model.cfg)];
  const input = mlp[by];
  if (!input) throw new InputError("this MLP has no gate", { found: by, expected: "W_in" });
  const { d_mlp, d_model } = model.cfg;
  if (!Number.isInteger(coordinate) || coordinate < 0 || coordinate >= d_model) {
    throw new InputError("there is no such coordinate of the residual stream", {
      found: String(coordinate),
      expected: `a whole number from 0 to ${d_model - 1}`,
    });
  }
  return tf.tidy(() => {
    const column = tf.slice2d(mlp.W_out, [0, coordinate], [d_mlp, 1]);
    const written = ln2_post ? tf.mul(column, tf.slice1d(ln2_post.w, coordinate, 1)) : column;
    return tf.matMul(input, written as tf.Tensor2D).dataSync<"float32">() as Float32Array;
  });
}
