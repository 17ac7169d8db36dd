/**
 * The families of models that are run, a row each. Names of tensors and switches are those of transformers 5
 * (`models/<model_type>/modeling_<model_type>.py`), and of older files where they differ.
 */
import { flag } from "./config-values";
import type { Family, RawConfig, TensorTable } from "./family";
import { gemma2Layers, lateWindows, sameWindow } from "./layer-types";
import { neoLayers } from "./neo-layers";

const NO_BIASES = { qkv: false, o: false, mlp: false, unembed: false };
const ALL_BIASES = { qkv: true, o: true, mlp: true, unembed: false };

/** Of GPT-NeoX and Phi. */
const LAYER_NORM_KEYS = {
  n_layers: "num_hidden_layers",
  d_model: "hidden_size",
  n_heads: "num_attention_heads",
  d_mlp: "intermediate_size",
  n_ctx: "max_position_embeddings",
  eps: "layer_norm_eps",
  act_fn: "hidden_act",
} as const;

const LLAMA_KEYS = {
  n_layers: "num_hidden_layers",
  d_model: "hidden_size",
  n_heads: "num_attention_heads",
  n_key_value_heads: "num_key_value_heads",
  d_head: "head_dim",
  d_mlp: "intermediate_size",
  n_ctx: "max_position_embeddings",
  eps: "rms_norm_eps",
  act_fn: "hidden_act",
} as const;

const LLAMA_USUAL = {
  rms_norm_eps: 1e-6,
  hidden_act: "silu",
  rope_theta: 10_000,
  tie_word_embeddings: false,
};

const QWEN_USUAL = {
  ...LLAMA_USUAL,
  num_key_value_heads: 32,
  use_sliding_window: false,
  sliding_window: 4096,
  max_window_layers: 28,
};

const GEMMA_USUAL = {
  ...LLAMA_USUAL,
  num_key_value_heads: 16,
  head_dim: 256,
  hidden_act: "gelu_pytorch_tanh",
  tie_word_embeddings: true,
};

const LLAMA_BLOCK = {
  normalization_type: "RMS",
  positional_embedding_type: "rotary",
  gated_mlp: true,
} as const;

const LLAMA_TENSORS: TensorTable = {
  prefixes: ["model."],
  anchor: "embed_tokens.weight",
  embedding: "embed_tokens",
  blocks: "layers.",
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
  qkv: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
  o: "self_attn.o_proj",
  gate: "mlp.gate_proj",
  in: "mlp.up_proj",
  out: "mlp.down_proj",
  ln_final: "norm",
  unembedding: "lm_head",
};

const attentionBias = (raw: RawConfig) => {
  const isThere = flag(raw, "attention_bias");
  return { ...NO_BIASES, qkv: isThere, o: isThere };
};

export const FAMILIES: readonly Family[] = [
  {
    // Pythia's as well.
    model_type: "gpt_neox",
    title: "GPT-NeoX",
    keys: {
      ...LAYER_NORM_KEYS,
      rotary_base: "rotary_emb_base",
      rotary_share: "rotary_pct",
    },
    usual: {
      layer_norm_eps: 1e-5,
      hidden_act: "gelu",
      rotary_emb_base: 10_000,
      rotary_pct: 0.25,
      use_parallel_residual: true,
      attention_bias: true,
      tie_word_embeddings: false,
    },
    block: { normalization_type: "LN", positional_embedding_type: "rotary" },
    biases: (raw) => ({ ...attentionBias(raw), mlp: true }),
    own: (raw) => ({ parallel_attn_mlp: flag(raw, "use_parallel_residual") }),
    tensors: {
      prefixes: ["gpt_neox."],
      anchor: "embed_in.weight",
      embedding: "embed_in",
      blocks: "layers.",
      ln1: "input_layernorm",
      ln2: "post_attention_layernorm",
      qkv: "attention.query_key_value",
      qkvOrder: "heads",
      o: "attention.dense",
      in: "mlp.dense_h_to_4h",
      out: "mlp.dense_4h_to_h",
      ln_final: "final_layer_norm",
      unembedding: "embed_out",
    },
  },
  {
    model_type: "llama",
    title: "Llama",
    keys: LLAMA_KEYS,
    usual: LLAMA_USUAL,
    block: LLAMA_BLOCK,
    biases: attentionBias,
    only: { mlp_bias: false },
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "mistral",
    title: "Mistral",
    keys: { ...LLAMA_KEYS, isGroupedName: true },
    usual: { ...LLAMA_USUAL, num_key_value_heads: 8, sliding_window: 4096 },
    block: LLAMA_BLOCK,
    biases: NO_BIASES,
    own: sameWindow,
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "qwen2",
    title: "Qwen 2",
    keys: { ...LLAMA_KEYS, isGroupedName: true },
    usual: QWEN_USUAL,
    block: LLAMA_BLOCK,
    biases: { ...NO_BIASES, qkv: true },
    own: lateWindows,
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "qwen3",
    title: "Qwen 3",
    keys: LLAMA_KEYS,
    usual: { ...QWEN_USUAL, head_dim: 128 },
    block: { ...LLAMA_BLOCK, use_qk_norm: true },
    biases: attentionBias,
    own: lateWindows,
    tensors: { ...LLAMA_TENSORS, q_norm: "self_attn.q_norm", k_norm: "self_attn.k_norm" },
  },
  {
    model_type: "gpt_neo",
    title: "GPT-Neo",
    keys: {
      n_layers: ["num_layers", "num_hidden_layers"],
      d_model: "hidden_size",
      n_heads: ["num_heads", "num_attention_heads"],
      d_mlp: "intermediate_size",
      mlpRatio: 4,
      n_ctx: "max_position_embeddings",
      eps: "layer_norm_epsilon",
      act_fn: "activation_function",
    },
    usual: {
      layer_norm_epsilon: 1e-5,
      activation_function: "gelu_new",
      window_size: 256,
      tie_word_embeddings: true,
    },
    block: { normalization_type: "LN", positional_embedding_type: "standard", attn_scale: 1 },
    biases: { ...ALL_BIASES, qkv: false },
    own: neoLayers,
    tensors: {
      prefixes: ["transformer."],
      anchor: "wpe.weight",
      embedding: "wte",
      positions: "wpe",
      blocks: "h.",
      ln1: "ln_1",
      ln2: "ln_2",
      qkv: {
        q: "attn.attention.q_proj",
        k: "attn.attention.k_proj",
        v: "attn.attention.v_proj",
      },
      o: "attn.attention.out_proj",
      in: "mlp.c_fc",
      out: "mlp.c_proj",
      ln_final: "ln_f",
      unembedding: "lm_head",
    },
  },
  {
    model_type: "opt",
    title: "OPT",
    keys: {
      n_layers: "num_hidden_layers",
      d_model: "hidden_size",
      n_heads: "num_attention_heads",
      d_mlp: "ffn_dim",
      n_ctx: "max_position_embeddings",
      eps: 1e-5,
      act_fn: "activation_function",
    },
    usual: { activation_function: "relu", tie_word_embeddings: true },
    block: { normalization_type: "LN", positional_embedding_type: "standard" },
    biases: ALL_BIASES,
    only: {
      do_layer_norm_before: true,
      enable_bias: true,
      layer_norm_elementwise_affine: true,
      _remove_final_layer_norm: false,
      word_embed_proj_dim: "hidden_size",
    },
    tensors: {
      prefixes: ["model.decoder.", "decoder."],
      anchor: "embed_positions.weight",
      embedding: "embed_tokens",
      positions: "embed_positions",
      firstPosition: 2,
      blocks: "layers.",
      ln1: "self_attn_layer_norm",
      ln2: "final_layer_norm",
      qkv: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
      o: "self_attn.out_proj",
      in: "fc1",
      out: "fc2",
      ln_final: "final_layer_norm",
      unembedding: "lm_head",
    },
  },
  {
    model_type: "gemma",
    title: "Gemma",
    keys: { ...LLAMA_KEYS, isGroupedName: true },
    usual: GEMMA_USUAL,
    block: LLAMA_BLOCK,
    normOffset: 1,
    biases: attentionBias,
    own: ({ hidden_act }, { d_model }) => ({
      embedding_scale: Math.sqrt(d_model),
      // transformers takes the tanh form for this name of old files.
      ...(hidden_act === "gelu" ? { act_fn: "gelu_pytorch_tanh" } : {}),
    }),
    only: { use_bidirectional_attention: false },
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "gemma2",
    title: "Gemma 2",
    keys: { ...LLAMA_KEYS, act_fn: "hidden_activation", isGroupedName: true },
    usual: {
      ...GEMMA_USUAL,
      num_key_value_heads: 4,
      hidden_activation: "gelu_pytorch_tanh",
      sliding_window: 4096,
      query_pre_attn_scalar: 256,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
    },
    block: { ...LLAMA_BLOCK, use_normalization_before_and_after: true },
    normOffset: 1,
    biases: attentionBias,
    own: gemma2Layers,
    only: { use_bidirectional_attention: false },
    tensors: {
      ...LLAMA_TENSORS,
      ln1_post: "post_attention_layernorm",
      ln2: "pre_feedforward_layernorm",
      ln2_post: "post_feedforward_layernorm",
    },
  },
  {
    model_type: "phi",
    title: "Phi",
    keys: {
      ...LAYER_NORM_KEYS,
      rotary_share: "partial_rotary_factor",
    },
    usual: {
      layer_norm_eps: 1e-5,
      hidden_act: "gelu_new",
      rope_theta: 10_000,
      partial_rotary_factor: 0.5,
      tie_word_embeddings: false,
    },
    block: {
      normalization_type: "LN",
      positional_embedding_type: "rotary",
      parallel_attn_mlp: true,
    },
    biases: { ...ALL_BIASES, unembed: true },
    only: { qk_layernorm: false, num_key_value_heads: "num_attention_heads" },
    tensors: {
      prefixes: ["model."],
      anchor: "embed_tokens.weight",
      embedding: "embed_tokens",
      blocks: "layers.",
      ln1: "input_layernorm",
      ln2: "input_layernorm",
      qkv: { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
      o: "self_attn.dense",
      in: "mlp.fc1",
      out: "mlp.fc2",
      ln_final: "final_layernorm",
      unembedding: "lm_head",
    },
  },
  {
    model_type: "starcoder2",
    title: "StarCoder 2",
    keys: { ...LLAMA_KEYS, eps: "norm_epsilon" },
    usual: {
      norm_epsilon: 1e-5,
      hidden_act: "gelu_pytorch_tanh",
      num_key_value_heads: 2,
      rope_theta: 10_000,
      use_bias: true,
      tie_word_embeddings: true,
    },
    block: { normalization_type: "LN", positional_embedding_type: "rotary" },
    biases: (raw) => (flag(raw, "use_bias") ? ALL_BIASES : NO_BIASES),
    own: sameWindow,
    tensors: { ...LLAMA_TENSORS, gate: undefined, in: "mlp.c_fc", out: "mlp.c_proj" },
  },
];

/** GPT-2's tensors; its configuration has a file of its own, since so many spellings of it exist. */
export const GPT2_TENSORS: TensorTable = {
  prefixes: ["transformer."],
  anchor: "wpe.weight",
  embedding: "wte",
  positions: "wpe",
  blocks: "h.",
  ln1: "ln_1",
  ln2: "ln_2",
  qkv: "attn.c_attn",
  qkvOrder: "parts",
  o: "attn.c_proj",
  in: "mlp.c_fc",
  out: "mlp.c_proj",
  ln_final: "ln_f",
  unembedding: "lm_head",
  isConv1D: true,
};

export const GPT2_BIASES = ALL_BIASES;

export const TENSOR_TABLES: readonly TensorTable[] = [
  GPT2_TENSORS,
  ...FAMILIES.map(({ tensors }) => tensors),
];

/** The family of a `model_type`; undefined if it is GPT-2's, or not known. */
export function familyOf(model_type: unknown): Family | undefined {
  return FAMILIES.find((family) => family.model_type === model_type);
}

/** What a model's family is called. */
export function titleOf({ model_type }: { readonly model_type: string }): string {
  return familyOf(model_type)?.title ?? "GPT-2";
}

/** Names of a model's tensors in its files. */
export function tensorTable({ model_type }: { readonly model_type: string }): TensorTable {
  return familyOf(model_type)?.tensors ?? GPT2_TENSORS;
}
