/**
 * GPT-2 a second time, independent of the library's forward pass: one sequence, plain loops in
 * float64, weights under their TransformerLens names, and interventions as a dictionary.
 */

import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight, weightNames } from "../../src/model/named-weights";

/** An activation of one sequence: its axes without the batch, and its numbers. */
export interface Plain {
  readonly shape: readonly number[];
  readonly data: Numbers;
}

type Numbers = Float64Array<ArrayBufferLike>;

/** Changes an activation in place. */
export type Interventions = Readonly<Record<string, (activation: Plain) => void>>;

export type PlainWeights = ReadonlyMap<string, Plain>;

export function plainWeights(model: HookedTransformer): PlainWeights {
  return new Map(
    weightNames(model).map((name) => {
      const tensor = getWeight(model, name);
      const plain = { shape: tensor.shape, data: Float64Array.from(tensor.dataSync()) };
      tensor.dispose();
      return [name, plain];
    }),
  );
}

/** Every activation of a run, by long name. */
export function straightForward(
  { cfg }: HookedTransformer,
  weights: PlainWeights,
  tokens: readonly number[],
  interventions: Interventions = {},
): Map<string, Plain> {
  const { n_layers, n_heads: H, d_head: K, d_model: D, d_mlp: M, d_vocab: V } = cfg;
  const T = tokens.length;
  const seen = new Map<string, Plain>();
  const W = (name: string) => weights.get(name)!.data;
  const at = (name: string, shape: number[], data: Numbers): Numbers => {
    const activation = { shape, data };
    interventions[name]?.(activation);
    seen.set(name, { shape, data: data.slice() });
    return data;
  };
  const fill = (size: number, value: (i: number) => number) =>
    Float64Array.from({ length: size }, (_, i) => value(i));
  const sum = (n: number, term: (i: number) => number) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += term(i);
    return total;
  };

  const norm = (name: string, x: Numbers): Numbers => {
    const mean = fill(T, (t) => sum(D, (d) => x[t * D + d]) / D);
    const scale = at(
      `${name}.hook_scale`,
      [T, 1],
      fill(T, (t) => Math.sqrt(sum(D, (d) => (x[t * D + d] - mean[t]) ** 2) / D + cfg.eps)),
    );
    const normalized = at(
      `${name}.hook_normalized`,
      [T, D],
      fill(T * D, (i) => (x[i] - mean[Math.floor(i / D)]) / scale[Math.floor(i / D)]),
    );
    const w = weights.get(`${name}.w`);
    const b = weights.get(`${name}.b`);
    return w && b
      ? normalized.map((value, i) => value * w.data[i % D] + b.data[i % D])
      : normalized;
  };

  const embedded = at(
    "hook_embed",
    [T, D],
    fill(T * D, (i) => W("embed.W_E")[tokens[Math.floor(i / D)] * D + (i % D)]),
  );
  const placed = at(
    "hook_pos_embed",
    [T, D],
    fill(T * D, (i) => W("pos_embed.W_pos")[i]),
  );
  let residual: Numbers = embedded.map((value, i) => value + placed[i]);

  for (let layer = 0; layer < n_layers; layer++) {
    const block = `blocks.${layer}`;
    residual = at(`${block}.hook_resid_pre`, [T, D], residual);
    const x = norm(`${block}.ln1`, residual);
    const [q, k, v] = ["Q", "K", "V"].map((part) =>
      at(
        `${block}.attn.hook_${part.toLowerCase()}`,
        [T, H, K],
        fill(T * H * K, (i) => {
          const [t, h, j] = [Math.floor(i / (H * K)), Math.floor(i / K) % H, i % K];
          const weight = W(`${block}.attn.W_${part}`);
          return (
            W(`${block}.attn.b_${part}`)[h * K + j] +
            sum(D, (d) => x[t * D + d] * weight[(h * D + d) * K + j])
          );
        }),
      ),
    );
    const divisor = Math.sqrt(K);
    const scores = at(
      `${block}.attn.hook_attn_scores`,
      [H, T, T],
      fill(H * T * T, (i) => {
        const [h, from, to] = [Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T];
        if (to > from) return -Infinity;
        return sum(K, (j) => q[(from * H + h) * K + j] * k[(to * H + h) * K + j]) / divisor;
      }),
    );
    const pattern = at(
      `${block}.attn.hook_pattern`,
      [H, T, T],
      fill(H * T * T, (i) => {
        const row = scores.subarray(Math.floor(i / T) * T, Math.floor(i / T) * T + T);
        const largest = Math.max(...row);
        return Math.exp(scores[i] - largest) / sum(T, (s) => Math.exp(row[s] - largest));
      }),
    );
    const z = at(
      `${block}.attn.hook_z`,
      [T, H, K],
      fill(T * H * K, (i) => {
        const [t, h, j] = [Math.floor(i / (H * K)), Math.floor(i / K) % H, i % K];
        return sum(T, (s) => pattern[(h * T + t) * T + s] * v[(s * H + h) * K + j]);
      }),
    );
    const result = at(
      `${block}.attn.hook_result`,
      [T, H, D],
      fill(T * H * D, (i) => {
        const [th, h, d] = [Math.floor(i / D), Math.floor(i / D) % H, i % D];
        return sum(K, (j) => z[th * K + j] * W(`${block}.attn.W_O`)[(h * K + j) * D + d]);
      }),
    );
    const attnOut = at(
      `${block}.hook_attn_out`,
      [T, D],
      fill(T * D, (i) => {
        const [t, d] = [Math.floor(i / D), i % D];
        return W(`${block}.attn.b_O`)[d] + sum(H, (h) => result[(t * H + h) * D + d]);
      }),
    );
    const mid = at(
      `${block}.hook_resid_mid`,
      [T, D],
      residual.map((value, i) => value + attnOut[i]),
    );
    const y = norm(`${block}.ln2`, mid);
    const pre = at(
      `${block}.mlp.hook_pre`,
      [T, M],
      fill(T * M, (i) => {
        const [t, m] = [Math.floor(i / M), i % M];
        return (
          W(`${block}.mlp.b_in`)[m] +
          sum(D, (d) => y[t * D + d] * W(`${block}.mlp.W_in`)[d * M + m])
        );
      }),
    );
    const post = at(`${block}.mlp.hook_post`, [T, M], pre.map(geluNew));
    const mlpOut = at(
      `${block}.hook_mlp_out`,
      [T, D],
      fill(T * D, (i) => {
        const [t, d] = [Math.floor(i / D), i % D];
        return (
          W(`${block}.mlp.b_out`)[d] +
          sum(M, (m) => post[t * M + m] * W(`${block}.mlp.W_out`)[m * D + d])
        );
      }),
    );
    residual = at(
      `${block}.hook_resid_post`,
      [T, D],
      mid.map((value, i) => value + mlpOut[i]),
    );
  }
  const last = at("unembed.hook_in", [T, D], norm("ln_final", residual).slice());
  at(
    "unembed.hook_out",
    [T, V],
    fill(T * V, (i) => {
      const [t, token] = [Math.floor(i / V), i % V];
      return (
        W("unembed.b_U")[token] + sum(D, (d) => last[t * D + d] * W("unembed.W_U")[d * V + token])
      );
    }),
  );
  return seen;
}

/** Hendrycks & Gimpel, arXiv:1606.08415: the tanh approximation. */
function geluNew(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
