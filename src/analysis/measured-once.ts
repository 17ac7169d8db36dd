import { distinctPrompts } from "../heads/same-measurement";

/** Places of the prompts that are measurements of their own, of prompts as a result has them. */
export function measuredOnce(
  prompts: readonly { readonly tokens: readonly number[]; readonly position: number }[],
): number[] {
  return distinctPrompts(prompts.map(({ tokens, position }) => tokens.slice(0, position + 1)));
}
