/**
 * GPT-2's forward pass, hook by hook.
 *
 * References: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners";
 * TransformerLens `components/{transformer_block,abstract_attention,layer_norm,mlp}.py`, whose
 * hook names and shapes these are. Every activation passes through `at(name, value)`, which may
 * keep it or give another one in its place. B batch, T new positions, S positions attended to.
 */
import * as tf from "@tensorflow/tfjs-core";
import { activationFunctions } from "./activation-functions";
import type { GPT2Config } from "./config";
import { embeddingRows, tokenLogits } from "./vocabulary";
import type {
  AttentionWeights,
  BlockWeights,
  GPT2Weights,
  LayerNormWeights,
  MLPWeights,
} from "./weights";

/** Sees every activation under its TransformerLens name and returns what takes its place. */
export type ActivationVisitor = <T extends tf.Tensor>(name: string, value: T) => T;

/** Keys and values of positions in one layer, `[B, n_heads, S, d_head]` each. */
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

/** How the new positions of a batch stand to each other and to the past. */
export interface Positions {
  /** Row of `W_pos` for each new position, int32 `[B, T]` or `[1, T]`. */
  readonly ids: tf.Tensor2D;
  /** Added to attention scores: 0 where a query may look, −∞ where not; `[B or 1, 1, T, S]`. */
  readonly attentionBias: tf.Tensor4D;
  /** In padded batches, 1 at tokens and 0 at padding, which gets no position embedding; `[B, T, 1]`. */
  readonly isToken?: tf.Tensor3D;
  /** In padded batches, queries with nothing to look at: their pattern is zero; bool `[B, 1, T, 1]`. */
  readonly isBlind?: tf.Tensor4D;
}

/** Positions `start … start + length − 1` of unpadded text, each seeing itself and all before. */
export function causalPositions(length: number, start = 0): Positions {
  return {
    ids: tf.expandDims(tf.range(start, start + length, 1, "int32"), 0),
    attentionBias: causalBias(length, start + length),
  };
}

function causalBias(queries: number, keys: number): tf.Tensor4D {
  const bias = new Float32Array(queries * keys);
  for (let query = 0; query < queries; query++) {
    bias.fill(-Infinity, query * keys + (keys - queries) + query + 1, (query + 1) * keys);
  }
  return tf.tensor4d(bias, [1, 1, queries, keys]);
}

const unchanged: ActivationVisitor = (_name, value) => value;

/** tokens int32 `[B, T]` → the residual stream's start `[B, T, d_model]`. */
export function embed(
  weights: GPT2Weights,
  tokens: tf.Tensor2D,
  positions: Positions,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const tokenPart = at("hook_embed", embeddingRows(weights.embedding, tokens) as tf.Tensor3D);
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
  config: GPT2Config,
  layer: number,
  residual: tf.Tensor3D,
  positions: Positions,
  options: BlockOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const residMid = attentionHalf(weights, config, layer, residual, positions, options);
    return mlpHalf(weights, config, layer, residMid, options);
  });
}

/** A block's first half: `resid_pre` → `resid_mid`, both `[B, T, d_model]`. */
export function attentionHalf(
  weights: BlockWeights,
  config: GPT2Config,
  layer: number,
  residual: tf.Tensor3D,
  positions: Positions,
  options: BlockOptions = {},
): tf.Tensor3D {
  const { at = unchanged } = options;
  const name = `blocks.${layer}`;
  return tf.tidy(() => {
    const residPre = at(`${name}.hook_resid_pre`, residual);
    const attnOut = tf.tidy(() => {
      const attnIn = layerNorm(weights.ln1, config, residPre, `${name}.ln1`, at);
      return attention(weights.attn, config, layer, attnIn, positions, options);
    });
    return at(`${name}.hook_resid_mid`, tf.add(residPre, attnOut) as tf.Tensor3D);
  });
}

/** A block's second half: `resid_mid` → `resid_post`, both `[B, T, d_model]`. */
export function mlpHalf(
  weights: BlockWeights,
  config: GPT2Config,
  layer: number,
  residMid: tf.Tensor3D,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  const name = `blocks.${layer}`;
  return tf.tidy(() => {
    const mlpOut = tf.tidy(() => {
      const mlpIn = layerNorm(weights.ln2, config, residMid, `${name}.ln2`, at);
      return mlp(weights.mlp, config, layer, mlpIn, at);
    });
    return at(`${name}.hook_resid_post`, tf.add(residMid, mlpOut) as tf.Tensor3D);
  });
}

/** Residual after the last block `[B, T, d_model]` → logits `[B, T, d_vocab]`. */
export function unembed(
  weights: GPT2Weights,
  config: GPT2Config,
  residual: tf.Tensor3D,
  { at = unchanged }: LayerOptions = {},
): tf.Tensor3D {
  return tf.tidy(() => {
    const normalized = layerNorm(weights.ln_final, config, residual, "ln_final", at);
    const unembedIn = at("unembed.hook_in", normalized);
    return at("unembed.hook_out", tokenLogits(weights.unembedding, unembedIn));
  });
}

/** Centre and divide by the standard deviation; then scale and shift, unless those were folded. */
export function layerNorm(
  weights: LayerNormWeights | null,
  config: GPT2Config,
  x: tf.Tensor3D,
  name: string,
  at: ActivationVisitor = unchanged,
): tf.Tensor3D {
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, -1, true)); // [B, T, D]
    const variance = tf.mean(tf.square(centred), -1, true); // [B, T, 1]
    const scale = at(`${name}.hook_scale`, tf.sqrt(tf.add(variance, config.eps)));
    const normalized = at(`${name}.hook_normalized`, tf.div(centred, scale) as tf.Tensor3D);
    if (!weights) return normalized;
    return tf.add(tf.mul(normalized, weights.w), weights.b) as tf.Tensor3D;
  });
}

function attention(
  weights: AttentionWeights,
  config: GPT2Config,
  layer: number,
  x: tf.Tensor3D,
  positions: Positions,
  { at = unchanged, past, remember, useAttnResult = false }: BlockOptions,
): tf.Tensor3D {
  const name = `blocks.${layer}.attn`;
  const [B, T] = x.shape;
  const { n_heads: H, d_head: K, d_model: D } = config;

  const [q, k, v] = tf.tidy(() => {
    const fused = project(x, weights.W_QKV, weights.b_QKV); // [B, T, 3·H·K]
    const parts = tf.split(fused, 3, -1).map((part) => tf.reshape(part, [B, T, H, K]));
    return parts.map((part, i) => at(`${name}.hook_${"qkv"[i]}`, part as tf.Tensor4D));
  });
  remember?.(layer, allKeysValues(past, byHead(k), byHead(v)));

  const pattern = tf.tidy(() => {
    const scaled = tf.mul(q, 1 / attentionScale(config, layer)) as tf.Tensor4D;
    const own = tf.matMul(byHead(scaled), byHead(k), false, true) as tf.Tensor4D; // [B, H, T, T]
    const raw = past ? tf.concat([scoresOnPast(scaled, past.k), own], 3) : own;
    const biased = tf.add(raw, positions.attentionBias) as tf.Tensor4D;
    const scores = at(`${name}.hook_attn_scores`, biased); // [B, H, T, S]
    return at(`${name}.hook_pattern`, attentionPattern(scores, positions));
  }); // [B, H, T, S]
  const mixed = past ? mixWithPast(pattern, past.v, v) : tf.matMul(pattern, byHead(v));
  const z = at(`${name}.hook_z`, byHead(mixed as tf.Tensor4D)); // [B, T, H, K]

  const out = useAttnResult
    ? tf.add(tf.sum(at(`${name}.hook_result`, headResults(weights, config, z)), 2), weights.b_O)
    : project(tf.reshape(z, [B, T, H * K]) as tf.Tensor3D, weights.W_O, weights.b_O);
  return at(`blocks.${layer}.hook_attn_out`, tf.reshape(out, [B, T, D]) as tf.Tensor3D);
}

/** `[B, T, H, K]` ↔ `[B, H, T, K]` */
function byHead(x: tf.Tensor4D): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 1, 3]);
}

/** q `[B, T, H, K]` on the keys of earlier positions `[G, H, P, K]` → scores `[B, H, T, P]`. */
function scoresOnPast(q: tf.Tensor4D, keys: tf.Tensor4D): tf.Tensor4D {
  const [B, T, H, K] = q.shape;
  const [G, , P] = keys.shape;
  const queries = byHead(tf.reshape(q, [G, (B / G) * T, H, K])); // rows that share keys as one
  const scores = tf.matMul(queries, keys, false, true); // [G, H, B/G·T, P]
  const byRow = tf.transpose(tf.reshape(scores, [G, H, B / G, T, P]), [0, 2, 1, 3, 4]);
  return tf.reshape(byRow, [B, H, T, P]);
}

/** Pattern `[B, H, T, P + T]`, earlier values `[G, H, P, K]`, own `[B, T, H, K]` → `[B, H, T, K]`. */
function mixWithPast(pattern: tf.Tensor4D, values: tf.Tensor4D, own: tf.Tensor4D): tf.Tensor4D {
  const [B, H, T] = pattern.shape;
  const [G, , P, K] = values.shape;
  const [onPast, onOwn] = tf.split(pattern, [P, T], 3);
  const byGroup = tf.transpose(tf.reshape(onPast, [G, B / G, H, T, P]), [0, 2, 1, 3, 4]);
  const mixed = tf.matMul(tf.reshape(byGroup, [G, H, (B / G) * T, P]), values);
  const byRow = tf.transpose(tf.reshape(mixed, [G, H, B / G, T, K]), [0, 2, 1, 3, 4]);
  return tf.add(tf.reshape(byRow, [B, H, T, K]), tf.matMul(onOwn, byHead(own))) as tf.Tensor4D;
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

/** What scores are divided by: √d_head, and L + 1 in models that scale by layer. */
export function attentionScale(config: GPT2Config, layer: number): number {
  const byWidth = config.use_attn_scale ? Math.sqrt(config.d_head) : 1;
  return config.scale_attn_by_inverse_layer_idx ? byWidth * (layer + 1) : byWidth;
}

/** z `[B, T, H, K]` → what each head adds to the residual stream, `[B, T, H, d_model]`. */
function headResults(weights: AttentionWeights, config: GPT2Config, z: tf.Tensor4D): tf.Tensor4D {
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
  config: GPT2Config,
  layer: number,
  x: tf.Tensor3D,
  at: ActivationVisitor,
): tf.Tensor3D {
  const name = `blocks.${layer}`;
  const pre = at(`${name}.mlp.hook_pre`, project(x, weights.W_in, weights.b_in)); // [B, T, d_mlp]
  const post = at(`${name}.mlp.hook_post`, activationFunctions[config.act_fn](pre) as tf.Tensor3D);
  return at(`${name}.hook_mlp_out`, project(post, weights.W_out, weights.b_out)); // [B, T, D]
}

/** x `[B, T, in]` times W `[in, out]` plus b `[out]`: one flat matrix product. */
function project(x: tf.Tensor3D, W: tf.Tensor2D, b: tf.Tensor1D): tf.Tensor3D {
  const [B, T, inputs] = x.shape;
  return tf.tidy(() => {
    const product = tf.matMul(tf.reshape(x, [B * T, inputs]), W);
    return tf.reshape(tf.add(product, b), [B, T, W.shape[1]]);
  });
}
