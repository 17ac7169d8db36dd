/**
 * The families of models that are run, a row each. Names of tensors and switches are those of transformers 5
 * (`models/<model_type>/modeling_<model_type>.py`), and of older files where they differ.
 */
import type { Family, RawConfig, TensorTable } from "./family";
import { gemma2Layers, slidingLayers } from "./layer-types";
import { neoLayers } from "./neo-layers";

const NO_BIASES = { qkv: false, o: false, mlp: false, unembed: false };
const ALL_BIASES = { qkv: true, o: true, mlp: true, unembed: false };

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
  isTied: false,
} as const;

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

const attentionBias = ({ attention_bias = false }: RawConfig) => ({
  ...NO_BIASES,
  qkv: attention_bias === true,
  o: attention_bias === true,
});

const TANH_GELU = { act_fn: "gelu_pytorch_tanh" } as const;

/** transformers' Gemma takes the tanh form for this name of old files. */
const gemmaActivation = ({ hidden_act }: RawConfig) =>
  (hidden_act ?? "gelu") === "gelu" ? TANH_GELU : {};

/** transformers' Gemma 2 reads `hidden_activation` alone. */
const gemma2Activation = ({ hidden_activation }: RawConfig) =>
  (hidden_activation ?? null) === null ? TANH_GELU : {};

export const FAMILIES: readonly Family[] = [
  {
    model_type: "gpt_neox",
    title: "Pythia and GPT-NeoX",
    keys: {
      n_layers: "num_hidden_layers",
      d_model: "hidden_size",
      n_heads: "num_attention_heads",
      d_mlp: "intermediate_size",
      n_ctx: "max_position_embeddings",
      eps: "layer_norm_eps",
      act_fn: "hidden_act",
      isTied: false,
      rotary_share: 0.25,
    },
    block: { normalization_type: "LN", positional_embedding_type: "rotary" },
    biases: ({ attention_bias = true }) => ({
      ...ALL_BIASES,
      qkv: attention_bias !== false,
      o: attention_bias !== false,
    }),
    own: ({ use_parallel_residual = true }) => ({
      parallel_attn_mlp: use_parallel_residual !== false,
    }),
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
    block: LLAMA_BLOCK,
    biases: attentionBias,
    only: { mlp_bias: false },
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "mistral",
    title: "Mistral",
    keys: { ...LLAMA_KEYS, isGroupedName: true },
    block: LLAMA_BLOCK,
    biases: NO_BIASES,
    own: slidingLayers({ isOnUnlessSaid: true }),
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "qwen2",
    title: "Qwen 2",
    keys: { ...LLAMA_KEYS, isGroupedName: true },
    block: LLAMA_BLOCK,
    biases: { ...NO_BIASES, qkv: true },
    own: slidingLayers({ isOnUnlessSaid: false }),
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "qwen3",
    title: "Qwen 3",
    keys: LLAMA_KEYS,
    block: { ...LLAMA_BLOCK, use_qk_norm: true },
    biases: attentionBias,
    own: slidingLayers({ isOnUnlessSaid: false }),
    tensors: { ...LLAMA_TENSORS, q_norm: "self_attn.q_norm", k_norm: "self_attn.k_norm" },
  },
  {
    model_type: "gpt_neo",
    title: "GPT-Neo",
    keys: {
      n_layers: "num_layers",
      d_model: "hidden_size",
      n_heads: "num_heads",
      d_mlp: "intermediate_size",
      n_ctx: "max_position_embeddings",
      eps: "layer_norm_epsilon",
      act_fn: "activation_function",
      isTied: true,
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
      isTied: true,
    },
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
    keys: {
      ...LLAMA_KEYS,
      act_fn: ["hidden_act", "hidden_activation"],
      isGroupedName: true,
      isTied: true,
    },
    block: LLAMA_BLOCK,
    normOffset: 1,
    biases: attentionBias,
    own: (raw, { d_model }) => ({ ...gemmaActivation(raw), embedding_scale: Math.sqrt(d_model) }),
    only: { use_bidirectional_attention: null },
    tensors: LLAMA_TENSORS,
  },
  {
    model_type: "gemma2",
    title: "Gemma 2",
    keys: {
      ...LLAMA_KEYS,
      act_fn: ["hidden_activation", "hidden_act"],
      isGroupedName: true,
      isTied: true,
    },
    block: { ...LLAMA_BLOCK, use_normalization_before_and_after: true },
    normOffset: 1,
    biases: attentionBias,
    own: (raw, config) => ({ ...gemma2Layers(raw, config), ...gemma2Activation(raw) }),
    only: { use_bidirectional_attention: null },
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
      n_layers: "num_hidden_layers",
      d_model: "hidden_size",
      n_heads: "num_attention_heads",
      d_mlp: "intermediate_size",
      n_ctx: "max_position_embeddings",
      eps: "layer_norm_eps",
      act_fn: "hidden_act",
      isTied: false,
      rotary_share: 0.5,
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
