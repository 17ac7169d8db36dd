import type { ModelConfig } from "./config";
import type { Tokenizer } from "./tokenizer";

/** Vocabularies are filled up to a round number, never to twice their size. */
const LEAST_SHARE = 0.5;

/**
 * Whether a tokenizer may be another model's: its ids should be rows of the embedding, and not much fewer.
 * It keeps nobody from giving token ids; a text with a token that the model has not is refused.
 *
 * @returns a warning; nothing if it fits
 */
export function tokenizerFit(
  { largestId }: Pick<Tokenizer, "largestId">,
  { d_vocab }: Pick<ModelConfig, "d_vocab">,
  folder: string,
): string[] {
  if (largestId === undefined) return [];
  if (largestId < d_vocab && largestId + 1 >= LEAST_SHARE * d_vocab) return [];
  return [
    `${folder}: the tokenizer has ${largestId + 1} tokens and the model ${d_vocab}: it may be another model's`,
  ];
}
