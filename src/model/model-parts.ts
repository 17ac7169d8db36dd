import type { ReadFiles } from "../checkpoints/read-files";
import type { Engine } from "../tensors/engine";
import type { ModelConfig } from "./config";
import type { PromptEncoder } from "./token-batch";
import type { Tokenizer } from "./tokenizer";
import type { WeightProcessing } from "./weight-processing";
import type { ModelWeights } from "./weights";

/** What a model is made of. */
export interface ModelParts {
  readonly cfg: ModelConfig;
  /** The weights as they are multiplied with; `named-weights.ts` gives them their usual names. */
  readonly weights: ModelWeights;
  /** null if there is no tokenizer, or none that can be used: give token ids then. */
  readonly tokenizer: Tokenizer | null;
  /** The tokenizer, or what says why there is none that can be used; null if there is none at all. */
  readonly promptEncoder: PromptEncoder | null;
  /** Which weight processing was done. */
  readonly processing: WeightProcessing;
  /** The name or folder that was asked for. */
  readonly name: string;
  /** The folder that the model was read from. */
  readonly folder: string;
  /** The files that were read: configuration, weights, tokenizer; null for a model made of arrays. */
  readonly files: ReadFiles | null;
  /** What the user should know although the model can be used, such as tensors that are not used. */
  readonly warnings: readonly string[];
  readonly engine: Engine;
}
