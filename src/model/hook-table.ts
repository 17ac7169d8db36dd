/**
 * What there is to hook in a model, as data: a row for each of TransformerLens's `HookPoint`s of one
 * block, and of what comes before and after the blocks, in the order of the forward pass. A row that only
 * some models have says which.
 */

/** Axes of an activation as TransformerLens calls them; `one` is a single number. */
export type Axis =
  | "batch"
  | "pos"
  | "query_pos"
  | "key_pos"
  | "head_index"
  | "key_value_head_index"
  | "batch_pos_head_index"
  | "batch_pos_key_value_head_index"
  | "d_head"
  | "d_model"
  | "d_mlp"
  | "d_vocab"
  | "one";

/**
 * What a number of an activation adds to the residual stream: itself, at its own coordinate; a row of
 * `W_O` or `W_out` times it; such a row times the activation function of it; or nothing directly.
 */
export type Write = "itself" | "W_O" | "W_out" | "act_fn" | null;

export interface HookRow {
  /** Where it stands inside its block (or the model): `""`, `"attn."`, `"ln1."` … */
  readonly module: string;
  /** Its name without `hook_`, which is its short name as well. */
  readonly short: string;
  readonly axes: readonly Axis[];
  /** 0 before the block's attention, 1 before its MLP, 2 after it: where a run has to start to have it changed. */
  readonly half: 0 | 1 | 2;
  /** The layer of the block that it is inside of or comes out of; null for the stream between them. */
  readonly part: "attn" | "mlp" | null;
  readonly writes: Write;
  /** Which models have it; all, if it does not say. */
  readonly only?: Only;
  /** Which of several ways beside one another it is on; none, if all go through it. */
  readonly way?: Way;
}

/**
 * Ways beside one another: nothing of one enters another, but queries and keys meet in the scores; and the two
 * embeddings, and the two inputs of a gated MLP.
 */
export type Way = "q" | "k" | "v" | "scores" | "embed" | "pos_embed" | "gate" | "linear";

/** Models in which positions turn queries and keys, or are learned vectors; and so on. */
export type Only = "rotary" | "learned" | "sequential" | "gated" | "qk_norm" | "post_norm";

const stream = ["batch", "pos", "d_model"] as const;
const heads = ["batch", "pos", "head_index", "d_head"] as const;
const keyHeads = ["batch", "pos", "key_value_head_index", "d_head"] as const;
const byPairs = ["batch", "head_index", "query_pos", "key_pos"] as const;
const hidden = ["batch", "pos", "d_mlp"] as const;
const one = ["batch", "pos", "one"] as const;

/** The hook points of one block. */
// biome-ignore format: a table, a row a line
export const BLOCK_HOOKS = [
  { module: "", short: "resid_pre", axes: stream, half: 0, part: null, writes: "itself" },
  { module: "ln1.", short: "scale", axes: one, half: 0, part: "attn", writes: null },
  { module: "ln1.", short: "normalized", axes: stream, half: 0, part: "attn", writes: null },
  { module: "attn.", short: "q", axes: heads, half: 0, part: "attn", writes: null, way: "q" },
  { module: "attn.", short: "k", axes: keyHeads, half: 0, part: "attn", writes: null, way: "k" },
  { module: "attn.", short: "v", axes: keyHeads, half: 0, part: "attn", writes: null, way: "v" },
  { module: "attn.q_norm.", short: "scale", axes: ["batch_pos_head_index", "one"], half: 0, part: "attn", writes: null, only: "qk_norm", way: "q" },
  { module: "attn.q_norm.", short: "normalized", axes: ["batch_pos_head_index", "d_head"], half: 0, part: "attn", writes: null, only: "qk_norm", way: "q" },
  { module: "attn.k_norm.", short: "scale", axes: ["batch_pos_key_value_head_index", "one"], half: 0, part: "attn", writes: null, only: "qk_norm", way: "k" },
  { module: "attn.k_norm.", short: "normalized", axes: ["batch_pos_key_value_head_index", "d_head"], half: 0, part: "attn", writes: null, only: "qk_norm", way: "k" },
  { module: "attn.", short: "rot_q", axes: heads, half: 0, part: "attn", writes: null, only: "rotary", way: "q" },
  { module: "attn.", short: "rot_k", axes: keyHeads, half: 0, part: "attn", writes: null, only: "rotary", way: "k" },
  { module: "attn.", short: "attn_scores", axes: byPairs, half: 0, part: "attn", writes: null, way: "scores" },
  { module: "attn.", short: "pattern", axes: byPairs, half: 0, part: "attn", writes: null, way: "scores" },
  { module: "attn.", short: "z", axes: heads, half: 0, part: "attn", writes: "W_O" },
  { module: "attn.", short: "result", axes: ["batch", "pos", "head_index", "d_model"], half: 0, part: "attn", writes: "itself" },
  { module: "ln1_post.", short: "scale", axes: one, half: 0, part: "attn", writes: null, only: "post_norm" },
  { module: "ln1_post.", short: "normalized", axes: stream, half: 0, part: "attn", writes: null, only: "post_norm" },
  { module: "", short: "attn_out", axes: stream, half: 0, part: "attn", writes: "itself" },
  { module: "", short: "resid_mid", axes: stream, half: 1, part: null, writes: "itself", only: "sequential" },
  { module: "ln2.", short: "scale", axes: one, half: 1, part: "mlp", writes: null },
  { module: "ln2.", short: "normalized", axes: stream, half: 1, part: "mlp", writes: null },
  { module: "mlp.", short: "pre", axes: hidden, half: 1, part: "mlp", writes: "act_fn", way: "gate" },
  { module: "mlp.", short: "pre_linear", axes: hidden, half: 1, part: "mlp", writes: null, only: "gated", way: "linear" },
  { module: "mlp.", short: "post", axes: hidden, half: 1, part: "mlp", writes: "W_out" },
  { module: "ln2_post.", short: "scale", axes: one, half: 1, part: "mlp", writes: null, only: "post_norm" },
  { module: "ln2_post.", short: "normalized", axes: stream, half: 1, part: "mlp", writes: null, only: "post_norm" },
  { module: "", short: "mlp_out", axes: stream, half: 1, part: "mlp", writes: "itself" },
  { module: "", short: "resid_post", axes: stream, half: 2, part: null, writes: "itself" },
] as const satisfies readonly HookRow[];

/** What comes before the first block. */
export const EMBED_HOOKS = [
  { name: "hook_embed", axes: stream, writes: "itself", way: "embed" },
  { name: "hook_pos_embed", axes: stream, writes: "itself", only: "learned", way: "pos_embed" },
] as const;

/** What comes after the last one. */
export const UNEMBED_HOOKS = [
  { name: "ln_final.hook_scale", axes: one, writes: null },
  { name: "ln_final.hook_normalized", axes: stream, writes: null },
  { name: "unembed.hook_in", axes: stream, writes: null },
  { name: "unembed.hook_out", axes: ["batch", "pos", "d_vocab"], writes: null },
] as const;

/** Other spellings that `get_act_name` accepts. */
export const SHORT_NAME_ALIASES = {
  attn: "pattern",
  attn_logits: "attn_scores",
  query: "q",
  key: "k",
  value: "v",
  mlp_pre: "pre",
  mlp_post: "post",
} as const;
