import * as tf from "@tensorflow/tfjs-core";
import type { ModelConfig } from "../../src/model/config";
import { block, embed, unembed } from "../../src/model/forward";
import { causalPositions } from "../../src/model/positions";
import type { ModelWeights } from "../../src/model/weights";

/** A GPT-2 whose weights are variables under their Hugging Face names. */
export interface TrainableGPT2 {
  readonly config: ModelConfig;
  readonly variables: Readonly<Record<string, tf.Variable>>;
}

/**
 * Fresh weights as in GPT-2 (Radford et al. 2019, section 2.3): normal with standard deviation
 * 0.02, projections into the residual stream divided by √(2 · n_layers).
 */
export function initialise(config: ModelConfig, seed: number): TrainableGPT2 {
  const { n_layers, d_model: D, d_mlp: M, n_ctx, d_vocab } = config;
  const variables: Record<string, tf.Variable> = {};
  let draws = seed;
  const add = (name: string, value: tf.Tensor) => {
    variables[name] = tf.variable(value, true, name);
    value.dispose();
  };
  const normal = (name: string, shape: number[], deviation = 0.02) =>
    add(name, tf.randomNormal(shape, 0, deviation, "float32", draws++));
  const layerNorm = (name: string) => {
    add(`${name}.weight`, tf.ones([D]));
    add(`${name}.bias`, tf.zeros([D]));
  };
  const intoResidual = 0.02 / Math.sqrt(2 * n_layers);
  normal("transformer.wte.weight", [d_vocab, D]);
  normal("transformer.wpe.weight", [n_ctx, D]);
  for (let layer = 0; layer < n_layers; layer++) {
    const name = `transformer.h.${layer}`;
    layerNorm(`${name}.ln_1`);
    normal(`${name}.attn.c_attn.weight`, [D, 3 * D]);
    add(`${name}.attn.c_attn.bias`, tf.zeros([3 * D]));
    normal(`${name}.attn.c_proj.weight`, [D, D], intoResidual);
    add(`${name}.attn.c_proj.bias`, tf.zeros([D]));
    layerNorm(`${name}.ln_2`);
    normal(`${name}.mlp.c_fc.weight`, [D, M]);
    add(`${name}.mlp.c_fc.bias`, tf.zeros([M]));
    normal(`${name}.mlp.c_proj.weight`, [M, D], intoResidual);
    add(`${name}.mlp.c_proj.bias`, tf.zeros([D]));
  }
  layerNorm("transformer.ln_f");
  return { config, variables };
}

function weightsOf({ config, variables }: TrainableGPT2): ModelWeights {
  const get = <T extends tf.Tensor>(name: string) => variables[name] as tf.Tensor as T;
  const layerNorm = (name: string) => ({
    w: get<tf.Tensor1D>(`${name}.weight`),
    b: get<tf.Tensor1D>(`${name}.bias`),
  });
  const wte = get<tf.Tensor2D>("transformer.wte.weight");
  return {
    embedding: { rows: wte, hasTerms: false, centred: false, offset: null, scale: 1 },
    W_pos: get<tf.Tensor2D>("transformer.wpe.weight"),
    blocks: Array.from({ length: config.n_layers }, (_, layer) => {
      const name = `transformer.h.${layer}`;
      return {
        ln1: layerNorm(`${name}.ln_1`),
        attn: {
          W_QKV: get(`${name}.attn.c_attn.weight`),
          b_QKV: get(`${name}.attn.c_attn.bias`),
          W_O: get(`${name}.attn.c_proj.weight`),
          b_O: get(`${name}.attn.c_proj.bias`),
          ...{ q_norm: null, k_norm: null },
        },
        ln1_post: null,
        ln2: layerNorm(`${name}.ln_2`),
        mlp: {
          W_gate: null,
          W_in: get(`${name}.mlp.c_fc.weight`),
          b_in: get(`${name}.mlp.c_fc.bias`),
          W_out: get(`${name}.mlp.c_proj.weight`),
          b_out: get(`${name}.mlp.c_proj.bias`),
        },
        ln2_post: null,
      };
    }),
    ln_final: layerNorm("transformer.ln_f"),
    unembedding: { rows: wte, terms: null },
  };
}

/** Mean next-token cross-entropy in nats of windows `[B, T + 1]`, by the library's forward pass. */
export function nextTokenLoss(model: TrainableGPT2, windows: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const [B, length] = windows.shape;
    const T = length - 1;
    const inputs = tf.slice2d(windows, [0, 0], [B, T]);
    const targets = tf.reshape(tf.slice2d(windows, [0, 1], [B, T]), [B * T]) as tf.Tensor1D;
    const weights = weightsOf(model);
    const positions = causalPositions(model.config, T);
    let residual = embed(weights, inputs, positions);
    weights.blocks.forEach((layerWeights, layer) => {
      residual = block(layerWeights, model.config, layer, residual, positions);
    });
    const logits = unembed(weights, model.config, residual);
    const flat = tf.reshape(logits, [B * T, model.config.d_vocab]);
    return tf.losses.softmaxCrossEntropy(
      tf.oneHot(targets, model.config.d_vocab),
      flat,
    ) as tf.Scalar;
  });
}
