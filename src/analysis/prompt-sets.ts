import type { BoundHead } from "../heads/bind-head";
import { measurePrompts, type Prompt } from "../heads/measured-prompts";

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
  const measured = measurePrompts(head, prompts, { prependBos }).recorded();
  return measured.map(({ tokens, position }, i) => {
    const texts = head.model.toStrTokens(tokens);
    return {
      set: setOf[i],
      tokens: texts.join("·"),
      count: tokens.length,
      measured_at: JSON.stringify(texts[position]),
    };
  });
}
