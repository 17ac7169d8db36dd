import { ModelConfigError } from "../errors";
import type { ModelConfig } from "./config";
import type { Tokenizer } from "./tokenizer";

/** Vocabularies are filled up to a round number, never to twice their size. */
const LEAST_SHARE = 0.5;

/**
 * Whether a tokenizer can be a model's: its ids must be rows of the embedding. Tokens that were added to it
 * need not be.
 *
 * @returns a warning if it has so few tokens that it may be another model's; else nothing
 * @throws ModelConfigError if it has tokens that the model has not.
 */
export function tokenizerFit(
  { largestId }: Pick<Tokenizer, "largestId">,
  { d_vocab }: Pick<ModelConfig, "d_vocab">,
  folder: string,
): string[] {
  if (largestId === undefined) return [];
  if (largestId >= d_vocab) {
    throw new ModelConfigError("the tokenizer is of another vocabulary than the model", {
      file: folder,
      found: `token ids up to ${largestId}`,
      expected: `at most ${d_vocab - 1}, as config.json says`,
      remedy: "Put the model's own tokenizer there, or none to give token ids.",
    });
  }
  if (largestId + 1 >= LEAST_SHARE * d_vocab) return [];
  return [
    `${folder}: the tokenizer has ${largestId + 1} tokens and the model ${d_vocab}: it may be another model's`,
  ];
}
