import type { ModelConfig } from "../config";
import { titleOf } from "./families";

/** What TransformerLens's rotary positions turn by, where its loader reads no base. */
const USUAL_BASE = 10_000;

/**
 * Where the loader of TransformerLens 3 (`loading_from_pretrained.py`) gives a model other settings than its
 * config.json, so that it computes other numbers than transformers, which is followed here. In a sentence; null
 * if there is no difference.
 */
export function otherInTransformerLens(cfg: ModelConfig): string | null {
  const differences = DIFFERENCES[cfg.model_type]?.(cfg) ?? [];
  if (differences.length === 0) return null;
  return `TransformerLens 3 runs this ${titleOf(cfg)} otherwise: ${differences.join("; ")}. Here it runs as in transformers; a head that was trained through that TransformerLens saw other numbers.`;
}

/** By family; one that is not here is run the same. */
const DIFFERENCES: Readonly<Record<string, (cfg: ModelConfig) => string[]>> = {
  gpt_neox: (cfg) => [
    ...(cfg.parallel_attn_mlp
      ? []
      : ["attention and MLP are parallel there, use_parallel_residual is not read"]),
    ...usualBase(cfg),
    ...noScaling(cfg),
  ],
  llama: (cfg) => [
    ...(cfg.rotary_base === USUAL_BASE && cfg.rotary_scaling === null
      ? []
      : [
          `rotary positions there follow a fixed list of names, and any other model has base ${USUAL_BASE} without scaling (here: base ${cfg.rotary_base}, ${scaling(cfg)})`,
        ]),
    ...noBiases(cfg),
  ],
  mistral: (cfg) => [
    ...noScaling(cfg),
    ...(cfg.attn_types?.includes("global") ? ["every layer has the sliding window there"] : []),
  ],
  qwen2: (cfg) => [...noScaling(cfg), ...noWindows(cfg)],
  qwen3: (cfg) => [...noScaling(cfg), ...noWindows(cfg), ...noBiases(cfg)],
  gemma: (cfg) => [
    ...(cfg.act_fn === "gelu" ? [] : [`the MLP's activation is the exact gelu there`]),
    ...usualBase(cfg),
    ...noScaling(cfg),
    ...noBiases(cfg),
  ],
  gemma2: (cfg) => [
    ...gemma2Windows(cfg),
    ...gemma2Numbers(cfg),
    ...usualBase(cfg),
    ...noScaling(cfg),
    ...noBiases(cfg),
  ],
  phi: noScaling,
};

function usualBase({ rotary_base }: ModelConfig): string[] {
  if (rotary_base === USUAL_BASE) return [];
  return [`the rotary base there is ${USUAL_BASE}, not ${rotary_base}`];
}

function noScaling({ rotary_scaling }: ModelConfig): string[] {
  return rotary_scaling ? ["rotary positions are not scaled there"] : [];
}

function scaling({ rotary_scaling }: ModelConfig): string {
  if (!rotary_scaling) return "no scaling";
  return `"${rotary_scaling.type}" scaling by ${rotary_scaling.factor}`;
}

function noWindows({ attn_types }: ModelConfig): string[] {
  return attn_types ? ["there are no sliding windows there"] : [];
}

function noBiases({ biases }: ModelConfig): string[] {
  return biases.qkv ? ["attention has no biases there"] : [];
}

/** The first layer is global there, then every other one. */
function gemma2Windows({ attn_types, window_size, n_layers }: ModelConfig): string[] {
  const theirs = (layer: number) => (layer % 2 === 0 ? "global" : "local");
  const own = attn_types ?? [];
  if (own.length === n_layers && own.every((type, layer) => type === theirs(layer))) return [];
  return [
    `layers 1, 3, … have the sliding window there, not 0, 2, …, which changes prompts of more than ${window_size} tokens`,
  ];
}

/** As its list has them for the models that Google published. */
function gemma2Numbers(cfg: ModelConfig): string[] {
  const { attn_scale, d_head, attn_scores_soft_cap, output_logits_soft_cap } = cfg;
  // 12 is written there for the model of 27 billion parameters.
  const hasScale = [d_head, 144].some((square) => Math.abs(attn_scale ** 2 - square) < 1e-6);
  return [
    ...(hasScale ? [] : ["scores there are divided by the root of d_head"]),
    ...(attn_scores_soft_cap === 50 && output_logits_soft_cap === 30
      ? []
      : ["the soft caps there are 50 and 30"]),
  ];
}
