import { freemem, totalmem } from "node:os";
import { ModelConfigError } from "../errors";
import { keyValueHeads, type ModelConfig } from "./config";

const BYTES = 4; // float32

/**
 * What a process has at its most while it loads, over its weights: 1.17 for a Llama of 1.2 billion
 * parameters in bfloat16.
 */
const AT_ITS_MOST = 1.2;

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

/**
 * Refuses a model that does not fit into memory, before any of its weights are read or downloaded.
 *
 * @param file that says its sizes
 * @throws ModelConfigError with what it needs and what there is.
 */
export function requireMemory(cfg: ModelConfig, file: string, available = freeMemory()): void {
  const parameters = parameterCount(cfg);
  const needed = AT_ITS_MOST * BYTES * parameters;
  if (needed <= available) return;
  const billions = (count: number) =>
    count < 1e12 ? (count / 1e9).toPrecision(3) : String(Math.round(count / 1e9));
  const gigabytes = (bytes: number) => `${billions(bytes)} GB`;
  throw new ModelConfigError("this model does not fit into memory", {
    file,
    found: `${billions(parameters)} billion parameters, which take ${gigabytes(needed)} in float32 while they are loaded`,
    expected: `at most ${gigabytes(available)}, which this process can have`,
    remedy: "Close other programs, or take a machine with more memory.",
  });
}

/** What a process can still have; elsewhere than on Linux, what is free does not count what can be freed. */
function freeMemory(): number {
  return process.platform === "linux"
    ? (process.availableMemory?.() ?? freemem())
    : Math.min(totalmem(), process.constrainedMemory?.() || totalmem());
}
