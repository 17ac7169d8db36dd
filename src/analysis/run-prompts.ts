import type { BoundHead } from "../heads/bind-head";
import { promptTokens } from "../model/token-batch";
import type { RunPrompt } from "../results/evidence-parts";

/** A prompt as text or as token ids. */
export type Prompt = string | readonly number[];

/**
 * Prompts as they are run: their token ids, and the position that is measured.
 *
 * @throws InputError if there is no prompt, or one is empty, too long or outside the vocabulary.
 */
export function runPrompts(
  head: BoundHead,
  prompts: readonly Prompt[],
  prependBos: boolean,
): RunPrompt[] {
  const { cfg, tokenizer } = head.model;
  return promptTokens(prompts, cfg, tokenizer, { prependBos }).map((tokens, i) => {
    const prompt = prompts[i];
    const text = typeof prompt === "string" ? prompt : (tokenizer?.decode(prompt) ?? null);
    return { text, tokens, position: head.position(tokens.length) };
  });
}
