import type { Cell, Phrase } from "./cell";

/**
 * Tags a text that holds numbers, so that they are written as the place where it is shown writes them.
 *
 * @example
 * cellText(phrase`slope ${-0.0312345}`); // "slope −0.0312"
 */
export function phrase(texts: TemplateStringsArray, ...values: readonly Cell[]): Phrase {
  const parts = texts.flatMap((text, i): Cell[] =>
    i < values.length ? [text, values[i]] : [text],
  );
  return { parts: parts.filter((part) => part !== "") };
}

/** Phrases with something between them; what is empty is left out. */
export function joinPhrases(phrases: readonly Cell[], between: string): Phrase {
  const kept = phrases.filter((one) => one !== "");
  return { parts: kept.flatMap((one, i) => (i === 0 ? [one] : [between, one])) };
}
