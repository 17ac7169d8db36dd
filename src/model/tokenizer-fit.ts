import { ModelConfigError } from "../errors";
import type { ModelConfig } from "./config";
import type { Tokenizer } from "./tokenizer";

/** Vocabularies are filled up to a round number, never to twice their size. */
const LEAST_SHARE = 0.5;

/** A few tokens more than the model has may be a mistake of the file; twice as many are another vocabulary. */
const MOST_SHARE = 2;

/**
 * Whether a tokenizer may be another model's: its ids should be rows of the embedding, and not much fewer.
 * One that may be keeps nobody from giving token ids; a text with a token that the model has not is refused.
 *
 * @returns a warning; nothing if it fits
 * @throws ModelConfigError if it has more than twice as many tokens as the model: it is another's.
 */
export function tokenizerFit(
  { largestId }: Pick<Tokenizer, "largestId">,
  { d_vocab }: Pick<ModelConfig, "d_vocab">,
  folder: string,
): string[] {
  if (largestId === undefined) return [];
  const tokens = largestId + 1;
  if (tokens > MOST_SHARE * d_vocab) {
    throw new ModelConfigError("the tokenizer is another model's", {
      file: folder,
      found: `a vocabulary of ${tokens} tokens`,
      expected: `about ${d_vocab}, which the model has`,
      remedy: "Put the model's own tokenizer there, or none to work with token ids.",
    });
  }
  if (tokens <= d_vocab && tokens >= LEAST_SHARE * d_vocab) return [];
  return [
    `${folder}: the tokenizer has ${tokens} tokens and the model ${d_vocab}: it may be another model's`,
  ];
}
