import { ModelConfigError } from "../errors";
import type { ModelConfig } from "./config";
import type { Tokenizer } from "./tokenizer";

/** Vocabularies are filled up to a round number, never to twice their size. */
const LEAST_SHARE = 0.5;

/**
 * Whether a tokenizer is of the model's vocabulary: its tokens should be rows of the embedding, and not
 * much fewer. Tokens that were added to it later are none of the vocabulary: a text with one that the
 * model has not is refused where it is run.
 *
 * @returns a warning if it has far fewer tokens, which may be meant; nothing if it fits
 * @throws ModelConfigError if it has tokens that the model has not: it is another model's.
 */
export function tokenizerFit(
  { largestId }: Pick<Tokenizer, "largestId">,
  { d_vocab }: Pick<ModelConfig, "d_vocab">,
  folder: string,
): string[] {
  if (largestId === undefined) return [];
  const tokens = largestId + 1;
  if (tokens > d_vocab) {
    throw new ModelConfigError("the tokenizer is another model's", {
      file: folder,
      found: `a vocabulary of ${tokens} tokens`,
      expected: `at most ${d_vocab}, which the model has`,
      remedy: "Put the model's own tokenizer there, or none to work with token ids.",
    });
  }
  if (tokens >= LEAST_SHARE * d_vocab) return [];
  return [
    `${folder}: the tokenizer has ${tokens} tokens and the model ${d_vocab}: it may be another model's`,
  ];
}
