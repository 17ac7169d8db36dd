import type { ModelConfig } from "./config";

/**
 * Names that TransformerLens 4 (`TransformerBridge`) has for activations that go by another name in
 * TransformerLens 3. Where a block's norms or its MLP make a name mean something else, it is not accepted.
 */

/** Outside of blocks. */
const OUTSIDE = { "embed.hook_out": "hook_embed", "pos_embed.hook_out": "hook_pos_embed" } as const;

/** Inside of a block, behind `blocks.L.`; `only` says in which models. */
const IN_BLOCK = {
  hook_in: { name: "hook_resid_pre" },
  "ln2.hook_in": { name: "hook_resid_mid" },
  hook_out: { name: "hook_resid_post" },
  "attn.hook_out": { name: "hook_attn_out", only: withoutPostNorms },
  "ln1_post.hook_out": { name: "hook_attn_out", only: withPostNorms },
  "attn.q.hook_out": { name: "attn.hook_q" },
  "attn.k.hook_out": { name: "attn.hook_k" },
  "attn.v.hook_out": { name: "attn.hook_v" },
  "attn.o.hook_in": { name: "attn.hook_z" },
  "mlp.hook_out": { name: "hook_mlp_out", only: withoutPostNorms },
  "ln2_post.hook_out": { name: "hook_mlp_out", only: withPostNorms },
  "mlp.in.hook_out": { name: "mlp.hook_pre", only: withPlainMlp },
  "mlp.out.hook_in": { name: "mlp.hook_post" },
} as const;

/** A name of TransformerLens 4. */
export type BridgeName = keyof typeof OUTSIDE | `blocks.${number}.${keyof typeof IN_BLOCK}`;

/** TransformerLens 3's name of an activation; a name that is none of TransformerLens 4's stays. */
export function withoutBridge(name: string, cfg: ModelConfig): string {
  if (Object.hasOwn(OUTSIDE, name)) return OUTSIDE[name as keyof typeof OUTSIDE];
  const [, block = "", inBlock = ""] = /^(blocks\.\d+\.)(.*)$/.exec(name) ?? [];
  if (!Object.hasOwn(IN_BLOCK, inBlock)) return name;
  const row: { readonly name: string; readonly only?: (cfg: ModelConfig) => boolean } =
    IN_BLOCK[inBlock as keyof typeof IN_BLOCK];
  return row.only?.(cfg) === false ? name : block + row.name;
}

function withPostNorms(cfg: ModelConfig): boolean {
  return cfg.use_normalization_before_and_after;
}

function withoutPostNorms(cfg: ModelConfig): boolean {
  return !withPostNorms(cfg);
}

function withPlainMlp(cfg: ModelConfig): boolean {
  return !cfg.gated_mlp;
}
