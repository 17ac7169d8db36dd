import { InputError } from "../errors";
import type { ModelConfig } from "./config";
import { shown } from "./shown";
import type { Tokenizer } from "./tokenizer";

/** Text, token ids of one sequence, or several of either. */
export type ModelInput =
  | string
  | readonly string[]
  | readonly number[]
  | readonly (readonly number[])[];

export interface TokenOptions {
  /** Put the beginning-of-sequence token before each text; off unless asked for. Token ids stay as given. */
  readonly prependBos?: boolean;
}

type Sizes = Pick<ModelConfig, "n_ctx" | "d_vocab">;

/** Makes token ids of texts; a model's `promptEncoder`. */
export type PromptEncoder = Pick<Tokenizer, "encode" | "bosTokenId">;

/**
 * Token ids of each sequence in `input`, checked against the model.
 *
 * @throws InputError if a text comes without a tokenizer, a sequence is empty or longer than the
 *   context, or an id is not a whole number in the vocabulary.
 */
export function tokenBatch(
  input: ModelInput,
  cfg: Sizes,
  tokenizer: PromptEncoder | null,
  { prependBos = false }: TokenOptions = {},
): number[][] {
  if (isBatch(input)) return promptTokens(input, cfg, tokenizer, { prependBos });
  return [tokensOf(input, "the prompt", cfg, tokenizer, prependBos)];
}

/**
 * Token ids of a list of prompts, texts and token ids mixed; errors number them from 0.
 *
 * @throws InputError as `tokenBatch`, or if the list is empty.
 */
export function promptTokens(
  prompts: readonly (string | readonly number[])[],
  cfg: Sizes,
  tokenizer: PromptEncoder | null,
  { prependBos = false }: TokenOptions = {},
): number[][] {
  if (prompts.length === 0) {
    throw new InputError("there is no prompt", { expected: "at least one" });
  }
  return Array.from(prompts, (prompt, index) =>
    tokensOf(prompt, `prompt ${index}`, cfg, tokenizer, prependBos),
  );
}

function tokensOf(
  prompt: string | readonly number[],
  where: string,
  cfg: Sizes,
  tokenizer: PromptEncoder | null,
  prependBos: boolean,
): number[] {
  if (typeof prompt !== "string") return checkLength(checkIds(prompt, cfg, where), cfg, where);
  const ids = checkLength(encode(prompt, tokenizer, prependBos, where), cfg, where);
  const unknown = ids.find((id) => id >= cfg.d_vocab);
  if (unknown === undefined) return ids;
  throw new InputError(`${where} has a token that this model does not have`, {
    found: `id ${unknown}`,
    expected: `ids from 0 to ${cfg.d_vocab - 1}`,
    remedy:
      "The tokenizer is another model's, or the model was not resized for it: give token ids.",
  });
}

/** Whether there are several sequences. */
export function isBatch(
  input: ModelInput,
): input is readonly string[] | readonly (readonly number[])[] {
  if (typeof input === "string") return false;
  if (!Array.isArray(input)) {
    throw new InputError("not a model input", {
      found: shown(input),
      expected: "a text, token ids, or a list of either",
    });
  }
  return typeof input[0] === "string" || Array.isArray(input[0]);
}

function encode(
  text: string,
  tokenizer: PromptEncoder | null,
  prependBos: boolean,
  where: string,
): number[] {
  if (!tokenizer) {
    throw new InputError(`${where} is a text, but this model has no tokenizer`, {
      remedy: "Give token ids, or put the model's tokenizer.json into its folder.",
    });
  }
  const ids = tokenizer.encode(text);
  if (ids.length === 0 && text !== "") {
    throw new InputError(`${where} has no character that this model's tokenizer knows`, {
      found: shown(text),
      remedy: "Check that the tokenizer is this model's, or give token ids.",
    });
  }
  if (!prependBos) return ids;
  if (tokenizer.bosTokenId === null) {
    throw new InputError("prependBos, but the tokenizer has no beginning-of-sequence token");
  }
  return [tokenizer.bosTokenId, ...ids];
}

function checkIds(ids: unknown, { d_vocab }: Sizes, where: string): number[] {
  if (!Array.isArray(ids)) {
    throw new InputError(`${where} is neither a text nor a list of token ids`, {
      found: shown(ids),
    });
  }
  const list: unknown[] = Array.from(ids);
  list.forEach((id, position) => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= d_vocab) {
      throw new InputError(
        `${where} has a token id outside the vocabulary at position ${position}`,
        {
          found: shown(id),
          expected: `a whole number from 0 to ${d_vocab - 1}`,
          remedy: "Use ids of this model's own tokenizer.",
        },
      );
    }
  });
  return list as number[];
}

function checkLength(ids: number[], { n_ctx }: Sizes, where: string): number[] {
  if (ids.length === 0) {
    throw new InputError(`${where} is empty`, {
      expected: "at least one token",
      remedy: "Write something into it, or leave it out.",
    });
  }
  if (ids.length > n_ctx) {
    throw new InputError(`${where} is longer than the model's context`, {
      found: `${ids.length} tokens`,
      expected: `at most ${n_ctx}`,
      remedy: "Shorten it.",
    });
  }
  return ids;
}
