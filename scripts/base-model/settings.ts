/** What the bundled model is made of; a change here means training it again. */
import { join } from "node:path";
import type { GPT2Config } from "../../src/model/config";

export const MODEL_FOLDER = join(__dirname, "..", "..", "models", "tiny-gpt2");

export const VOCABULARY_SIZE = 4096;
export const CONTEXT_LENGTH = 128;

export const config: GPT2Config = {
  n_layers: 4,
  d_model: 128,
  n_heads: 4,
  d_head: 32,
  d_mlp: 512,
  n_ctx: CONTEXT_LENGTH,
  d_vocab: VOCABULARY_SIZE,
  eps: 1e-5,
  act_fn: "gelu_new",
  use_attn_scale: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
  bos_token_id: VOCABULARY_SIZE - 1,
  eos_token_id: VOCABULARY_SIZE - 1,
};

export const training = {
  seed: 20261122,
  batchSize: 16,
  steps: 6500,
  warmupSteps: 200,
  peakLearningRate: 2e-3,
  finalLearningRate: 2e-5,
  beta1: 0.9,
  beta2: 0.98,
  adamEpsilon: 1e-8,
  /** Gradients longer than this are shortened to it. */
  gradientClipNorm: 1,
  /** Paragraphs between two end-of-text tokens: the corpus does not mark its documents. */
  paragraphsPerDocument: 20,
  checkpointEvery: 250,
  /** Held-out windows looked at while training; the model card uses all of them. */
  validationWindows: 256,
} as const;
