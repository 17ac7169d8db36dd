/**
 * Transformers a second time, independent of the library's forward pass: one sequence, plain loops in
 * float64, weights under their TransformerLens names, and interventions as a dictionary.
 */

import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight, weightNames } from "../../src/model/named-weights";

/** What a model computes, as its own configuration says it. */
export interface Rules {
  readonly layers: number;
  readonly heads: number;
  /** Heads of keys and values; query head h reads the (h · keyHeads / heads)th, rounded down. */
  readonly keyHeads: number;
  readonly d_head: number;
  readonly d_model: number;
  readonly d_mlp: number;
  readonly d_vocab: number;
  readonly isRms: boolean;
  readonly eps: number;
  readonly act: Activation;
  readonly isGated: boolean;
  readonly isParallel: boolean;
  /** null where positions are learned vectors. */
  readonly rotary: Rotary | null;
  /** What scores are divided by. */
  readonly attnScale: number;
  /** By layer, how many positions a query sees, its own included; null if all. */
  readonly windows: readonly (number | null)[];
  readonly hasPostNorms: boolean;
  readonly hasHeadNorms: boolean;
  readonly scoresCap: number | null;
  readonly logitsCap: number | null;
}

/** How heads turn: the first `dim` coordinates, coordinate i with coordinate i + dim / 2. */
export interface Rotary {
  readonly dim: number;
  readonly base: number;
  readonly scaling:
    | { readonly type: "linear"; readonly factor: number }
    | {
        readonly type: "llama3";
        readonly factor: number;
        readonly low: number;
        readonly high: number;
        readonly context: number;
      }
    | null;
}

export type Activation = "gelu" | "gelu_new" | "relu" | "silu";

/** GPT-2's, of a model's sizes. */
export function gpt2Rules({ cfg }: Pick<HookedTransformer, "cfg">): Rules {
  return {
    ...{ layers: cfg.n_layers, heads: cfg.n_heads, keyHeads: cfg.n_heads, d_head: cfg.d_head },
    ...{ d_model: cfg.d_model, d_mlp: cfg.d_mlp, d_vocab: cfg.d_vocab, eps: cfg.eps },
    ...{ isRms: false, act: "gelu_new", isGated: false, isParallel: false, rotary: null },
    ...{ attnScale: Math.sqrt(cfg.d_head), windows: Array(cfg.n_layers).fill(null) },
    ...{ hasPostNorms: false, hasHeadNorms: false, scoresCap: null, logitsCap: null },
  };
}

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

/**
 * Every activation of a run, by long name, and the `logits`. Norms of each head have axes `[pos, head, …]`
 * here.
 */
export function straightForward(
  rules: Rules,
  weights: PlainWeights,
  tokens: readonly number[],
  interventions: Interventions = {},
): Map<string, Plain> {
  const { heads: H, keyHeads: G, d_head: K, d_model: D, d_mlp: M, d_vocab: V, rotary } = rules;
  const T = tokens.length;
  const seen = new Map<string, Plain>();
  const W = (name: string) => weights.get(name)!.data;
  const at = (name: string, shape: number[], data: Numbers): Numbers => {
    const activation = { shape, data };
    interventions[name]?.(activation);
    seen.set(name, { shape, data: data.slice() });
    return data;
  };
  const plus = (a: Numbers, b: Numbers) => a.map((value, i) => value + b[i]);

  /** Norms of `rows` vectors that lie one after the other. */
  const norm = (name: string, x: Numbers, rows: readonly number[]): Numbers => {
    const count = rows.reduce((product, size) => product * size, 1);
    const size = x.length / count;
    const mean = fill(count, (r) => (rules.isRms ? 0 : sum(size, (d) => x[r * size + d]) / size));
    const scale = at(
      `${name}.hook_scale`,
      [...rows, 1],
      fill(count, (r) =>
        Math.sqrt(sum(size, (d) => (x[r * size + d] - mean[r]) ** 2) / size + rules.eps),
      ),
    );
    const normalized = at(
      `${name}.hook_normalized`,
      [...rows, size],
      fill(x.length, (i) => (x[i] - mean[Math.floor(i / size)]) / scale[Math.floor(i / size)]),
    );
    const w = weights.get(`${name}.w`)?.data;
    const b = weights.get(`${name}.b`)?.data;
    return normalized.map((value, i) => value * (w?.[i % size] ?? 1) + (b?.[i % size] ?? 0));
  };

  /** x `[pos, inputs]` times a matrix `[inputs, outputs]`, plus a bias. */
  const linear = (x: Numbers, matrix: Numbers, outputs: number, bias?: Numbers): Numbers => {
    const inputs = x.length / T;
    return fill(T * outputs, (i) => {
      const [t, o] = [Math.floor(i / outputs), i % outputs];
      return sum(inputs, (d) => x[t * inputs + d] * matrix[d * outputs + o]) + (bias?.[o] ?? 0);
    });
  };

  const embedded = at(
    "hook_embed",
    [T, D],
    fill(T * D, (i) => W("embed.W_E")[tokens[Math.floor(i / D)] * D + (i % D)]),
  );
  let residual = rotary
    ? embedded
    : plus(
        embedded,
        at(
          "hook_pos_embed",
          [T, D],
          fill(T * D, (i) => W("pos_embed.W_pos")[i]),
        ),
      );

  for (let layer = 0; layer < rules.layers; layer++) {
    const block = `blocks.${layer}`;
    residual = at(`${block}.hook_resid_pre`, [T, D], residual.slice());
    const attnOut = attention(layer, residual);
    if (rules.isParallel) {
      residual = plus(plus(residual, attnOut), mlp(layer, residual));
    } else {
      const mid = at(`${block}.hook_resid_mid`, [T, D], plus(residual, attnOut));
      residual = plus(mid, mlp(layer, mid));
    }
    residual = at(`${block}.hook_resid_post`, [T, D], residual);
  }
  const last = at("unembed.hook_in", [T, D], norm("ln_final", residual, [T]).slice());
  const unembedded = linear(last, W("unembed.W_U"), V, W("unembed.b_U"));
  const logits = at("unembed.hook_out", [T, V], unembedded);
  seen.set("logits", { shape: [T, V], data: logits.map((s) => capped(s, rules.logitsCap)) });
  return seen;

  function attention(layer: number, stream: Numbers): Numbers {
    const block = `blocks.${layer}`;
    const x = norm(`${block}.ln1`, stream, [T]);
    const [q, k, v] = ["Q", "K", "V"].map((part) => {
      const heads = part === "Q" ? H : G;
      const weight = (kind: string) =>
        weights.get(`${block}.attn.${kind}_${part}`) ??
        weights.get(`${block}.attn._${kind}_${part}`);
      return at(
        `${block}.attn.hook_${part.toLowerCase()}`,
        [T, heads, K],
        fill(T * heads * K, (i) => {
          const [t, h, j] = [Math.floor(i / (heads * K)), Math.floor(i / K) % heads, i % K];
          const column = (d: number) => weight("W")!.data[(h * D + d) * K + j];
          return weight("b")!.data[h * K + j] + sum(D, (d) => x[t * D + d] * column(d));
        }),
      );
    });
    const turned = (part: "q" | "k", value: Numbers, heads: number): Numbers => {
      const name = `${block}.attn.${part}_norm`;
      const normed = rules.hasHeadNorms ? norm(name, value, [T, heads]) : value;
      if (!rotary) return normed;
      const rotated = fill(normed.length, (i) => {
        const position = Math.floor(i / (heads * K));
        return rotatedNumber(normed.subarray(i - (i % K)), i % K, position, rotary);
      });
      return at(`${block}.attn.hook_rot_${part}`, [T, heads, K], rotated);
    };
    const [queries, keys] = [turned("q", q, H), turned("k", k, G)];
    const keyHead = (h: number) => Math.floor(h / (H / G));
    const window = rules.windows[layer] ?? Number.POSITIVE_INFINITY;
    const scores = at(
      `${block}.attn.hook_attn_scores`,
      [H, T, T],
      fill(H * T * T, (i) => {
        const [h, from, to] = [Math.floor(i / (T * T)), Math.floor(i / T) % T, i % T];
        if (to > from || from - to >= window) return -Infinity;
        const key = (to * G + keyHead(h)) * K;
        const score = sum(K, (j) => queries[(from * H + h) * K + j] * keys[key + j]);
        return capped(score / rules.attnScale, rules.scoresCap);
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
        return sum(T, (s) => pattern[(h * T + t) * T + s] * v[(s * G + keyHead(h)) * K + j]);
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
    const out = fill(T * D, (i) => {
      const [t, d] = [Math.floor(i / D), i % D];
      return W(`${block}.attn.b_O`)[d] + sum(H, (h) => result[(t * H + h) * D + d]);
    });
    const normed = rules.hasPostNorms ? norm(`${block}.ln1_post`, out, [T]) : out;
    return at(`${block}.hook_attn_out`, [T, D], normed);
  }

  function mlp(layer: number, stream: Numbers): Numbers {
    const block = `blocks.${layer}`;
    const name = `${block}.mlp`;
    const x = norm(`${block}.ln2`, stream, [T]);
    const hidden = (part: string, matrix: string, bias?: Numbers) =>
      at(`${name}.hook_${part}`, [T, M], linear(x, W(`${name}.${matrix}`), M, bias));
    const act = activations[rules.act];
    let post: Numbers;
    if (rules.isGated) {
      const pre = hidden("pre", "W_gate");
      const gated = hidden("pre_linear", "W_in");
      post = pre.map((value, i) => act(value) * gated[i] + W(`${name}.b_in`)[i % M]);
    } else post = hidden("pre", "W_in", W(`${name}.b_in`)).map(act);
    at(`${name}.hook_post`, [T, M], post);
    const out = linear(post, W(`${name}.W_out`), D, W(`${name}.b_out`));
    const normed = rules.hasPostNorms ? norm(`${block}.ln2_post`, out, [T]) : out;
    return at(`${block}.hook_mlp_out`, [T, D], normed);
  }
}

function fill(size: number, value: (i: number) => number): Numbers {
  return Float64Array.from({ length: size }, (_, i) => value(i));
}

function sum(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

function capped(x: number, cap: number | null): number {
  return cap === null || x === -Infinity ? x : cap * Math.tanh(x / cap);
}

/** Coordinate i of a head at a position, turned: Su et al. 2021, arXiv:2104.09864, with halves for pairs. */
function rotatedNumber(head: Numbers, i: number, position: number, rotary: Rotary): number {
  const { dim } = rotary;
  if (i >= dim) return head[i];
  const half = dim / 2;
  const angle = position * frequency(i % half, rotary);
  const [first, second] = [head[i % half], head[(i % half) + half]];
  return i < half
    ? first * Math.cos(angle) - second * Math.sin(angle)
    : second * Math.cos(angle) + first * Math.sin(angle);
}

/** Radians from one position to the next; scaled as transformers' `_compute_llama3_parameters` does. */
function frequency(pair: number, { dim, base, scaling }: Rotary): number {
  const own = base ** ((-2 * pair) / dim);
  if (!scaling) return own;
  if (scaling.type === "linear") return own / scaling.factor;
  const { factor, low, high, context } = scaling;
  const wavelength = (2 * Math.PI) / own;
  if (wavelength < context / high) return own;
  if (wavelength > context / low) return own / factor;
  const smooth = (context / wavelength - low) / (high - low);
  return ((1 - smooth) * own) / factor + smooth * own;
}

const activations: Readonly<Record<Activation, (x: number) => number>> = {
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  // Hendrycks & Gimpel, arXiv:1606.08415: the tanh approximation.
  gelu_new: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  relu: (x) => Math.max(x, 0),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** By its Maclaurin series. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= -(x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}
