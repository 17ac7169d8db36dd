import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { tensorTable } from "../../src/model/families/families";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import type { WeightProcessing } from "../../src/model/weight-processing";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import type { Activation, Rotary, Rules } from "./straight-forward";

/** A kind of random model: a family, and the switches of its config.json that are set. */
export interface Kind {
  readonly name: string;
  readonly model_type: string;
  readonly isParallel?: boolean;
  readonly scaling?: "linear" | "llama3";
  readonly hasWindows?: boolean;
  /** Of queries, keys, values and attention's output, where the config says. */
  readonly hasBias?: boolean;
}

/** Every family, with every switch that a config.json may set. */
export const KINDS: readonly Kind[] = [
  { name: "gpt2", model_type: "gpt2" },
  { name: "gpt_neox", model_type: "gpt_neox", isParallel: true },
  { name: "gpt_neox, sequential", model_type: "gpt_neox" },
  { name: "llama", model_type: "llama" },
  { name: "llama with biases", model_type: "llama", hasBias: true },
  { name: "llama, linear scaling", model_type: "llama", scaling: "linear" },
  { name: "llama, llama3 scaling", model_type: "llama", scaling: "llama3" },
  { name: "mistral", model_type: "mistral", hasWindows: true },
  { name: "mistral without windows", model_type: "mistral" },
  { name: "qwen2", model_type: "qwen2" },
  { name: "qwen2 with windows", model_type: "qwen2", hasWindows: true },
  { name: "qwen3", model_type: "qwen3" },
  { name: "gpt_neo", model_type: "gpt_neo", hasWindows: true },
  { name: "opt", model_type: "opt" },
  { name: "gemma", model_type: "gemma" },
  { name: "gemma2", model_type: "gemma2", hasWindows: true },
  { name: "phi", model_type: "phi", isParallel: true },
];

export const N_CTX = 24;

export interface RandomFamily {
  /** As a config.json has it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, NamedArray>;
  readonly rules: Rules;
}

/** Sizes that are not left to chance. */
export type GivenSizes = Partial<
  Pick<Rules, "layers" | "heads" | "keyHeads" | "d_head" | "d_model" | "d_mlp" | "d_vocab">
>;

/** A seeded model of that kind: of random sizes and settings, its weights large enough for every part to matter. */
export function randomFamily(kind: Kind, seed: number, given: GivenSizes = {}): RandomFamily {
  const random = randomStream(seed, `random ${kind.name}`);
  const settings = randomSettings(kind, random, given);
  return { ...settings, tensors: randomTensors(kind, settings, random) };
}

/** Such a model, loaded; its folder is gone. */
export async function randomFamilyModel(
  kind: Kind,
  seed: number,
  processing: Partial<WeightProcessing> = {},
): Promise<{ model: HookedTransformer; rules: Rules }> {
  const { config, tensors, rules } = randomFamily(kind, seed);
  const folder = mkdtempSync(join(tmpdir(), "tslens-random-"));
  try {
    writeFileSync(join(folder, "config.json"), JSON.stringify(config));
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    return { model: await HookedTransformer.fromPretrained(folder, processing), rules };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function randomSettings(
  { model_type, isParallel = false, scaling, hasWindows = false, hasBias = false }: Kind,
  random: RandomStream,
  given: GivenSizes,
): Omit<RandomFamily, "tensors"> {
  const one = <T>(...choices: readonly T[]): T => choices[random.integer(0, choices.length - 1)];
  const isIn = (...types: readonly string[]) => types.includes(model_type);
  const isLlama = isIn("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2");
  const drawn = { layers: random.integer(1, 3), keyHeads: random.integer(1, 2) };
  const { layers, keyHeads } = { ...drawn, ...given };
  const drawnHeads = isLlama ? keyHeads * random.integer(1, 3) : random.integer(1, 3);
  const { heads, d_head } = { heads: drawnHeads, d_head: one(4, 8), ...given };
  const sizes = {
    ...{ layers, heads, d_head },
    // A norm of a few numbers that nearly cancel doubles float32's roundings many times over.
    d_model: isLlama ? random.integer(10, 20) : heads * d_head,
    d_mlp: random.integer(5, 30),
    d_vocab: random.integer(10, 30),
    ...given,
    keyHeads: isLlama ? keyHeads : heads,
  };
  const act = one<Activation>("gelu", "gelu_new", "relu", "silu");
  const share = isIn("gpt_neox", "phi") ? random.integer(1, d_head / 2) / (d_head / 2) : 1;
  const base = one(50, 500, 10_000);
  const llama3 = { factor: 8, low: 1, high: 4, context: 64 };
  const rotaryScaling: Rotary["scaling"] =
    scaling === "linear"
      ? { type: "linear", factor: 4 }
      : scaling === "llama3"
        ? { type: "llama3", ...llama3 }
        : null;
  const window = random.integer(1, 8);
  const isLocal = Array.from({ length: layers }, (_, layer) => {
    if (!hasWindows) return false;
    if (isIn("gpt_neo")) return layer % 2 === 1 || layers === 1;
    if (isIn("gemma2")) return layer % 2 === 0;
    return model_type === "mistral" || layer === layers - 1;
  });
  const eps = isIn("opt") ? 1e-5 : one(1e-5, 1e-6);
  const scalar = one(4, 9, 16);
  const caps = isIn("gemma2") ? { scores: one(2, 5), logits: one(3, 8) } : null;
  const rules: Rules = {
    ...sizes,
    isRms: isLlama,
    eps,
    // Gemma's "gelu" is the tanh form; Gemma 2 has another key for it, and means what it says.
    act: act === "gelu" && isIn("gemma") ? "gelu_new" : act,
    isGated: isLlama,
    isParallel,
    rotary: isIn("gpt2", "gpt_neo", "opt")
      ? null
      : { dim: share * d_head, base, scaling: rotaryScaling },
    attnScale: isIn("gpt_neo") ? 1 : Math.sqrt(isIn("gemma2") ? scalar : d_head),
    windows: isLocal.map((local) => (local ? window : null)),
    hasPostNorms: isIn("gemma2"),
    hasHeadNorms: isIn("qwen3"),
    scoresCap: caps?.scores ?? null,
    logitsCap: caps?.logits ?? null,
  };
  const common = {
    model_type,
    num_hidden_layers: layers,
    hidden_size: sizes.d_model,
    num_attention_heads: heads,
    vocab_size: sizes.d_vocab,
    max_position_embeddings: N_CTX,
    tie_word_embeddings: isIn("phi") ? false : one(true, false),
  };
  const types = isLocal.map((local) => (local ? "sliding_attention" : "full_attention"));
  const families: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    gpt2: {
      n_layer: layers,
      n_head: heads,
      n_embd: sizes.d_model,
      n_inner: sizes.d_mlp,
      n_positions: N_CTX,
      layer_norm_epsilon: eps,
      activation_function: act,
    },
    gpt_neox: {
      intermediate_size: sizes.d_mlp,
      layer_norm_eps: eps,
      hidden_act: act,
      rotary_pct: share,
      rotary_emb_base: base,
      use_parallel_residual: isParallel,
    },
    gpt_neo: {
      num_layers: layers,
      num_heads: heads,
      intermediate_size: sizes.d_mlp,
      layer_norm_epsilon: eps,
      activation_function: act,
      attention_types: isLocal.map((local) => [[local ? "local" : "global"], 1]),
      window_size: window,
    },
    opt: { ffn_dim: sizes.d_mlp, activation_function: act, word_embed_proj_dim: sizes.d_model },
    phi: {
      intermediate_size: sizes.d_mlp,
      layer_norm_eps: eps,
      hidden_act: act,
      partial_rotary_factor: share,
      rope_theta: base,
    },
  };
  const llama = {
    intermediate_size: sizes.d_mlp,
    num_key_value_heads: keyHeads,
    head_dim: d_head,
    rms_norm_eps: eps,
    [isIn("gemma2") ? "hidden_activation" : "hidden_act"]: act,
    rope_theta: base,
    attention_bias: hasBias,
    ...(scaling === "linear" && { rope_scaling: { type: "linear", factor: 4 } }),
    ...(scaling === "llama3" && {
      rope_scaling: {
        rope_type: "llama3",
        factor: llama3.factor,
        low_freq_factor: llama3.low,
        high_freq_factor: llama3.high,
        original_max_position_embeddings: llama3.context,
      },
    }),
    ...(isIn("mistral", "qwen2", "qwen3") && {
      sliding_window: hasWindows ? window : null,
      use_sliding_window: hasWindows,
      layer_types: types,
    }),
    ...(caps && {
      sliding_window: window,
      query_pre_attn_scalar: scalar,
      attn_logit_softcapping: caps.scores,
      final_logit_softcapping: caps.logits,
    }),
  };
  return { config: { ...common, ...(isLlama ? llama : families[model_type]) }, rules };
}

/** Weights under the names of the family's files. */
function randomTensors(
  { model_type, hasBias: isBiased = false }: Kind,
  { config, rules }: Omit<RandomFamily, "tensors">,
  random: RandomStream,
): Map<string, NamedArray> {
  const { heads, keyHeads, d_head: K, d_model: D, d_mlp: M, d_vocab: V, isRms } = rules;
  const table = tensorTable({ model_type });
  const tensors = new Map<string, NamedArray>();
  const add = (name: string, shape: number[], mean = 0) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: size }, () => mean + 0.3 * random.gaussian());
    tensors.set(name, { dtype: "float32", shape, data });
  };
  const normMean = model_type.startsWith("gemma") ? 0 : 1; // 1 + w
  const addNorm = (name: string, hasBias = !isRms, size = D) => {
    add(`${name}.weight`, [size], normMean);
    if (hasBias) add(`${name}.bias`, [size]);
  };
  const addLinear = (name: string, inputs: number, outputs: number, hasBias: boolean) => {
    add(`${name}.weight`, table.isConv1D ? [inputs, outputs] : [outputs, inputs]);
    if (hasBias) add(`${name}.bias`, [outputs]);
  };
  const [prefix] = table.prefixes;
  add(`${prefix}${table.embedding}.weight`, [V, D]);
  if (table.positions) {
    add(`${prefix}${table.positions}.weight`, [N_CTX + (table.firstPosition ?? 0), D]);
  }
  for (let layer = 0; layer < rules.layers; layer++) {
    const at = (name: string) => `${prefix}${table.blocks}${layer}.${name}`;
    const norms = [table.ln1, table.ln2, table.ln1_post, table.ln2_post];
    for (const name of new Set(norms)) if (name) addNorm(at(name));
    for (const name of [table.q_norm, table.k_norm]) if (name) addNorm(at(name), false, K);
    const { qkv } = table;
    const hasBias = !isRms && model_type !== "gpt_neo";
    if (typeof qkv === "string") addLinear(at(qkv), D, 3 * heads * K, true);
    else {
      const isThere = hasBias || isBiased || model_type === "qwen2";
      addLinear(at(qkv.q), D, heads * K, isThere);
      addLinear(at(qkv.k), D, keyHeads * K, isThere);
      addLinear(at(qkv.v), D, keyHeads * K, isThere);
    }
    addLinear(at(table.o), heads * K, D, !isRms || isBiased);
    if (table.gate) addLinear(at(table.gate), D, M, false);
    addLinear(at(table.in), D, M, !isRms);
    addLinear(at(table.out), M, D, !isRms);
  }
  addNorm(`${prefix}${table.ln_final}`);
  if (!config.tie_word_embeddings) {
    add(`${table.unembedding}.weight`, [V, D]);
    if (model_type === "phi") add(`${table.unembedding}.bias`, [V]);
  }
  return tensors;
}
