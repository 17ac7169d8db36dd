import type { BoundHead } from "../heads/bind-head";
import { type Prompt, runPrompts } from "./run-prompts";

/** Prompts under a name. */
export interface PromptSet {
  readonly name: string;
  readonly prompts: readonly Prompt[];
}

/** Several sets as one list, and the set that each prompt belongs to. */
export function joinPromptSets(sets: readonly PromptSet[]): { prompts: Prompt[]; setOf: string[] } {
  return {
    prompts: sets.flatMap(({ prompts }) => prompts),
    setOf: sets.flatMap(({ name, prompts }) => prompts.map(() => name)),
  };
}

/** Each prompt's tokens, and the one that is measured, for a table. */
export function listPrompts(
  head: BoundHead,
  sets: readonly PromptSet[],
  { prependBos = false }: { prependBos?: boolean } = {},
) {
  const { prompts, setOf } = joinPromptSets(sets);
  return runPrompts(head, prompts, prependBos).map(({ tokens, position }, i) => {
    const texts = head.model.toStrTokens(tokens);
    return {
      set: setOf[i],
      tokens: texts.join("·"),
      count: tokens.length,
      measured_at: JSON.stringify(texts[position]),
    };
  });
}
