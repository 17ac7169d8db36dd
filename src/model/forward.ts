/**
 * The forward pass, hook by hook: GPT-2's block, and where a family differs, the switch that says so.
 *
 * References: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners";
 * TransformerLens `components/{transformer_block,abstract_attention,layer_norm,mlp}.py`, whose
 * hook names and shapes these are; transformers' `modeling_*.py` where the two disagree. Every
 * activation passes through `at(name, value)`, which may keep it or give another one in its place.
 * B batch, T new positions, S positions attended to.
 */
import * as tf from "@tensorflow/tfjs-core";
import { reshaped } from "../tensors/reshaped";
import { activationFunctions } from "./activation-functions";
import type { ActivationVisitor } from "./activation-visitor";
import { isLocal, keyValueHeads, type ModelConfig } from "./config";
import { gated } from "./gated-mlp";
import { norm } from "./norm";
import type { Positions } from "./positions";
import { project } from "./project";
import { rotate } from "./rotary-positions";
import { softCap } from "./soft-cap";
import { embeddingRows, tokenLogits } from "./vocabulary";
import type { AttentionWeights, BlockWeights, MLPWeights, ModelWeights } from "./weights";

/** Keys (turned, where positions turn them) and values in one layer, `[B, n_key_value_heads, S, d_head]` each. */
export interface LayerKeysValues {
  readonly k: tf.Tensor4D;
  readonly v: tf.Tensor4D;
}

export interface LayerOptions {
  /** Sees and may replace every activation. */
  readonly at?: ActivationVisitor;
  /** Also compute each head's own output, `attn.hook_result` `[B, T, n_heads, d_model]`. */
  readonly useAttnResult?: boolean;
}

export interface BlockOptions extends LayerOptions {
  /**
   * Keys and values of earlier positions, which are attended to as well: of B rows, or of fewer, G,
   * each then shared by B / G rows that follow one another.
   */
  readonly past?: LayerKeysValues;
  /** Told the keys and values of all positions, earlier ones included. */
  readonly remember?: (layer: number, keysValues: LayerKeysValues) => void;
}

const unchanged: ActivationVisitor = (_name, value) => value;

/** tokens int32 `[B, T]` → the residual stream's start `[B, T, d_model]`. */
export function embed(
  weights: ModelWeights,
  tokens: tf.Tensor2D,
  positions: Positions,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const tokenPart = at("hook_embed", embeddingRows(weights.embedding, tokens) as tf.Tensor3D);
    if (!weights.W_pos) return tf.clone(tokenPart);
    const [B, T, D] = tokenPart.shape;
    const rows = tf.gather<tf.Tensor>(weights.W_pos, positions.ids);
    const placed = positions.isToken ? tf.mul(rows, positions.isToken) : rows;
    const positionPart = at("hook_pos_embed", tf.broadcastTo(placed, [B, T, D]) as tf.Tensor3D);
    return tf.add(tokenPart, positionPart) as tf.Tensor3D;
  });
}

/** One block: residual `[B, T, d_model]` → residual `[B, T, d_model]`. */
export function block(
  weights: BlockWeights,
  config: ModelConfig,
  layer: number,
  residual: tf.Tensor3D,
  positions: Positions,
  options: BlockOptions = {},
): tf.Tensor3D {
  const { at = unchanged } = options;
  const name = `blocks.${layer}`;
  return tf.tidy(() => {
    const residPre = at(`${name}.hook_resid_pre`, residual);
    const attnOut = attentionOut(weights, config, layer, residPre, positions, options);
    const residMid = tf.add(residPre, attnOut) as tf.Tensor3D;
    if (!config.parallel_attn_mlp) {
      return mlpHalf(weights, config, layer, at(`${name}.hook_resid_mid`, residMid), options);
    }
    const mlpOut = mlpOutput(weights, config, layer, residPre, at);
    return at(`${name}.hook_resid_post`, tf.add(residMid, mlpOut) as tf.Tensor3D);
  });
}

/** A sequential block's second half: `resid_mid` → `resid_post`, both `[B, T, d_model]`. */
export function mlpHalf(
  weights: BlockWeights,
  config: ModelConfig,
  layer: number,
  residMid: tf.Tensor3D,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const mlpOut = mlpOutput(weights, config, layer, residMid, at);
    return at(`blocks.${layer}.hook_resid_post`, tf.add(residMid, mlpOut) as tf.Tensor3D);
  });
}

/** What attention adds to the residual stream `[B, T, d_model]` that it reads. */
function attentionOut(
  weights: BlockWeights,
  config: ModelConfig,
  layer: number,
  residual: tf.Tensor3D,
  positions: Positions,
  options: BlockOptions,
): tf.Tensor3D {
  const { at = unchanged } = options;
  const name = `blocks.${layer}`;
  return tf.tidy(() => {
    const attnIn = norm(weights.ln1, config, residual, `${name}.ln1`, at);
    const out = attention(weights.attn, config, layer, attnIn, positions, options);
    const { ln1_post } = weights;
    const normed = ln1_post ? norm(ln1_post, config, out, `${name}.ln1_post`, at) : out;
    return at(`${name}.hook_attn_out`, normed);
  });
}

/** What the MLP adds to the residual stream `[B, T, d_model]` that it reads. */
function mlpOutput(
  weights: BlockWeights,
  config: ModelConfig,
  layer: number,
  residual: tf.Tensor3D,
  at: ActivationVisitor,
): tf.Tensor3D {
  const name = `blocks.${layer}`;
  return tf.tidy(() => {
    const mlpIn = norm(weights.ln2, config, residual, `${name}.ln2`, at);
    const out = mlp(weights.mlp, config, layer, mlpIn, at);
    const { ln2_post } = weights;
    const normed = ln2_post ? norm(ln2_post, config, out, `${name}.ln2_post`, at) : out;
    return at(`${name}.hook_mlp_out`, normed);
  });
}

/** Residual after the last block `[B, T, d_model]` → logits `[B, T, d_vocab]`. */
export function unembed(
  weights: ModelWeights,
  config: ModelConfig,
  residual: tf.Tensor3D,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const normalized = norm(weights.ln_final, config, residual, "ln_final", at);
    const unembedIn = at("unembed.hook_in", normalized);
    const logits = at("unembed.hook_out", tokenLogits(weights.unembedding, unembedIn));
    return softCap(logits, config.output_logits_soft_cap);
  });
}

function attention(
  weights: AttentionWeights,
  config: ModelConfig,
  layer: number,
  x: tf.Tensor3D,
  positions: Positions,
  { at = unchanged, past, remember, useAttnResult = false }: BlockOptions,
): tf.Tensor3D {
  const name = `blocks.${layer}.attn`;
  const [B, T] = x.shape;
  const { n_heads: H, d_head: K, d_model: D } = config;

  const [q, k, v] = queriesKeysValues(weights, config, name, x, positions, at);
  remember?.(layer, allKeysValues(past, byHead(k), byHead(v)));

  const pattern = tf.tidy(() => {
    const scaled = tf.mul(q, 1 / attentionScale(config, layer)) as tf.Tensor4D;
    const queries = byHead(scaled); // [B, H, T, K]
    const own = byKeyHead(queries, byHead(k), true); // [B, H, T, T]
    const raw = past ? (tf.concat([scoresOnPast(queries, past.k), own], 3) as tf.Tensor4D) : own;
    const capped = softCap(raw, config.attn_scores_soft_cap);
    const bias = isLocal(config, layer) ? positions.localBias! : positions.attentionBias;
    const scores = at(`${name}.hook_attn_scores`, tf.add(capped, bias) as tf.Tensor4D);
    return at(`${name}.hook_pattern`, attentionPattern(scores, positions));
  }); // [B, H, T, S]
  const values = byHead(v);
  const mixed = past ? mixWithPast(pattern, past.v, values) : byKeyHead(pattern, values);
  const z = at(`${name}.hook_z`, byHead(mixed)); // [B, T, H, K]

  const out = useAttnResult
    ? tf.add(tf.sum(at(`${name}.hook_result`, headResults(weights, config, z)), 2), weights.b_O)
    : project(tf.reshape(z, [B, T, H * K]) as tf.Tensor3D, weights.W_O, weights.b_O);
  return reshaped<tf.Rank.R3>(out, [B, T, D]);
}

/** Queries `[B, T, n_heads, d_head]`, keys and values `[B, T, n_key_value_heads, d_head]`, as scores are made of them. */
function queriesKeysValues(
  weights: AttentionWeights,
  config: ModelConfig,
  name: string,
  x: tf.Tensor3D,
  { rotary }: Positions,
  at: ActivationVisitor,
): [q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D] {
  const { n_heads: H, d_head: K } = config;
  const [B, T] = x.shape;
  const heads = [H, keyValueHeads(config), keyValueHeads(config)];
  return tf.tidy(() => {
    const fused = project(x, weights.W_QKV, weights.b_QKV);
    const widths = heads.map((count) => count * K);
    const [q, k, v] = tf.split(fused, widths, -1).map((part, i) => {
      const parted = tf.reshape(part, [B, T, heads[i], K]) as tf.Tensor4D;
      return at(`${name}.hook_${"qkv"[i]}`, parted);
    });
    const turned = (part: "q" | "k", value: tf.Tensor4D) => {
      const normed = headNorm(weights[`${part}_norm`], config, `${name}.${part}_norm`, value, at);
      return rotary ? at(`${name}.hook_rot_${part}`, rotate(normed, rotary)) : normed;
    };
    return [turned("q", q), turned("k", k), v];
  });
}

/** An RMS norm over each head's d_head; its hooks have one axis for batch, position and head. */
function headNorm(
  w: tf.Tensor1D | null,
  { eps }: ModelConfig,
  name: string,
  x: tf.Tensor4D,
  at: ActivationVisitor,
): tf.Tensor4D {
  if (!w) return x;
  const flat = tf.reshape(x, [-1, x.shape[3]]);
  const normed = norm({ w, b: null }, { normalization_type: "RMS", eps }, flat, name, at);
  return tf.reshape(normed, x.shape);
}

/** x `[B, H, T, n]` of query heads times each one's keys or values `[B, n_key_value_heads, m, n]`: `[B, H, T, …]`. */
function byKeyHead(x: tf.Tensor4D, shared: tf.Tensor4D, transposeShared = false): tf.Tensor4D {
  const [B, H, T, n] = x.shape;
  const heads = shared.shape[1];
  const queries = reshaped<tf.Rank.R4>(x, [B, heads, (H / heads) * T, n]); // heads that read the same one as one
  const product = tf.matMul(queries, shared, false, transposeShared);
  return reshaped(product, [B, H, T, product.shape[3]!]);
}

/** `[B, T, H, K]` ↔ `[B, H, T, K]` */
function byHead(x: tf.Tensor4D): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 1, 3]);
}

/** Queries `[B, H, T, K]` on the keys of earlier positions `[G, n_key_value_heads, P, K]` → scores `[B, H, T, P]`. */
function scoresOnPast(queries: tf.Tensor4D, keys: tf.Tensor4D): tf.Tensor4D {
  const [B] = queries.shape;
  return ungrouped(byKeyHead(grouped(queries, keys.shape[0]), keys, true), B);
}

/** Pattern `[B, H, T, P + T]` and values, earlier ones `[G, n_key_value_heads, P, K]` and own → `[B, H, T, K]`. */
function mixWithPast(pattern: tf.Tensor4D, values: tf.Tensor4D, own: tf.Tensor4D): tf.Tensor4D {
  const [B, , T] = pattern.shape;
  const [G, , P] = values.shape;
  const [onPast, onOwn] = tf.split(pattern, [P, T], 3) as [tf.Tensor4D, tf.Tensor4D];
  const mixed = ungrouped(byKeyHead(grouped(onPast, G), values), B);
  return tf.add(mixed, byKeyHead(onOwn, own)) as tf.Tensor4D;
}

/** `[B, H, T, n]` → `[G, H, B/G · T, n]`: rows that share keys as one. */
function grouped(x: tf.Tensor4D, G: number): tf.Tensor4D {
  const [B, H, T, n] = x.shape;
  if (B === G) return x;
  const byGroup = tf.transpose(tf.reshape(x, [G, B / G, H, T, n]), [0, 2, 1, 3, 4]);
  return tf.reshape(byGroup, [G, H, (B / G) * T, n]);
}

/** The way back, to B rows. */
function ungrouped(x: tf.Tensor4D, B: number): tf.Tensor4D {
  const [G, H, rows, n] = x.shape;
  if (B === G) return x;
  const T = (rows * G) / B;
  const byRow = tf.transpose(tf.reshape(x, [G, H, B / G, T, n]), [0, 2, 1, 3, 4]);
  return tf.reshape(byRow, [B, H, T, n]);
}

/** Keys and values of the earlier positions and of the new ones, `[B, H, T, K]`. */
function allKeysValues(
  past: LayerKeysValues | undefined,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
): LayerKeysValues {
  if (!past) return { k, v };
  const after = (earlier: tf.Tensor4D, own: tf.Tensor4D) => {
    const [G, ...sizes] = earlier.shape;
    const B = own.shape[0];
    const shared = tf.tile(tf.expandDims(earlier, 1), [1, B / G, 1, 1, 1]);
    return tf.concat([tf.reshape(shared, [B, ...sizes]), own], 2) as tf.Tensor4D;
  };
  return { k: after(past.k, k), v: after(past.v, v) };
}

/** Softmax over the keys; zero, not 0/0, for a query that may look nowhere. */
function attentionPattern(scores: tf.Tensor4D, { isBlind }: Positions): tf.Tensor4D {
  const pattern = tf.softmax(scores, -1);
  return isBlind ? tf.where(isBlind, tf.zerosLike(pattern), pattern) : pattern;
}

/** What scores are divided by: the model's scale, and L + 1 in models that scale by layer. */
export function attentionScale(config: ModelConfig, layer: number): number {
  const { attn_scale, scale_attn_by_inverse_layer_idx } = config;
  return scale_attn_by_inverse_layer_idx ? attn_scale * (layer + 1) : attn_scale;
}

/** z `[B, T, H, K]` → what each head adds to the residual stream, `[B, T, H, d_model]`. */
function headResults(weights: AttentionWeights, config: ModelConfig, z: tf.Tensor4D): tf.Tensor4D {
  const { n_heads: H, d_head: K, d_model: D } = config;
  const [B, T] = z.shape;
  return tf.tidy(() => {
    const flat = tf.transpose(tf.reshape(z, [B * T, H, K]), [1, 0, 2]); // [H, B·T, K]
    const results = tf.matMul(flat, tf.reshape(weights.W_O, [H, K, D])); // [H, B·T, D]
    return tf.reshape(tf.transpose(results, [1, 0, 2]), [B, T, H, D]);
  });
}

function mlp(
  weights: MLPWeights,
  config: ModelConfig,
  layer: number,
  x: tf.Tensor3D,
  at: ActivationVisitor,
): tf.Tensor3D {
  const name = `blocks.${layer}.mlp`;
  const act_fn = activationFunctions[config.act_fn];
  const post = at(
    `${name}.hook_post`,
    weights.W_gate ? gated(weights, act_fn, name, x, at) : plain(),
  ); // [B, T, d_mlp]
  return project(post, weights.W_out, weights.b_out);

  function plain(): tf.Tensor3D {
    const pre = at(`${name}.hook_pre`, project(x, weights.W_in, weights.b_in));
    return act_fn(pre) as tf.Tensor3D;
  }
}
