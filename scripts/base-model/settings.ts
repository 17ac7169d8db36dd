/** What the bundled model is made of; a change here means training it again. */
import { join } from "node:path";
import type { ModelConfig } from "../../src/model/config";
import { gpt2Config } from "../../src/model/families/gpt2-config";

export const MODEL_FOLDER = join(__dirname, "..", "..", "models", "tiny-gpt2");

export const VOCABULARY_SIZE = 4096;
export const CONTEXT_LENGTH = 128;

export const config: ModelConfig = gpt2Config(
  {
    ...{ n_layer: 4, n_embd: 128, n_head: 4, n_inner: 512 },
    ...{ n_positions: CONTEXT_LENGTH, vocab_size: VOCABULARY_SIZE },
    ...{ bos_token_id: VOCABULARY_SIZE - 1, eos_token_id: VOCABULARY_SIZE - 1 },
  },
  "settings.ts",
);

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
