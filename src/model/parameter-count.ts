import { keyValueHeads, type ModelConfig } from "./config";

/** How many numbers a block's weights are; norms and biases, which are few, aside. */
export function layerParameters(cfg: ModelConfig): number {
  const { d_model, n_heads, d_head, d_mlp } = cfg;
  const attention = 2 * d_model * d_head * (n_heads + keyValueHeads(cfg));
  const mlp = (cfg.gated_mlp ? 3 : 2) * d_model * d_mlp;
  return attention + mlp;
}

/** How many numbers a model's weights are; norms and biases aside. */
export function parameterCount(cfg: ModelConfig): number {
  const { n_layers, d_model, d_vocab, n_ctx } = cfg;
  const vocabulary = (cfg.tie_word_embeddings ? 1 : 2) * d_vocab * d_model;
  const positions = cfg.positional_embedding_type === "standard" ? n_ctx * d_model : 0;
  return n_layers * layerParameters(cfg) + vocabulary + positions;
}
