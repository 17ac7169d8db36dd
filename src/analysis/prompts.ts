import { readJsonFile } from "../checkpoints/json-file";
import { InputError } from "../errors";
import type { Prompt } from "../heads/measured-prompts";
import { type ReadTextsOptions, readTextsFile, textsIn } from "../training/read-texts";

/** The five sentences of the plan. All end in a full stop, so the last token is the same in each. */
export const TEST_SENTENCES: readonly string[] = [
  "The quick brown fox jumps over the lazy dog.",
  "Machine learning models can be difficult to interpret.",
  "Transformers use attention mechanisms to process sequences.",
  "Neural networks have revolutionized artificial intelligence.",
  "Researchers work to make AI systems more transparent.",
];

/** Prompts that end in different tokens: words of several kinds, a digit, punctuation, a word's first half. */
export const VARIED_PROMPTS: readonly string[] = [
  "Once upon a time there was a little",
  "The king said to his daughter that she must",
  "It was a dark and stormy night, and the wind",
  "She opened the old wooden door and saw",
  "The stars are so far away that their light",
  "In the garden stood a tree with golden",
  'When the wolf had eaten, he said, "',
  "There were only two apples left, not 3",
  "He ran down the hill as fast as he",
  "Who are you?",
  "The children were very hungry;",
  "Water begins to boil when it is heated to",
  "After dinner they all went out into the",
  "My dear Watson",
];

/** What is run where no prompts are given. */
export const DEFAULT_PROMPTS: readonly string[] = [...TEST_SENTENCES, ...VARIED_PROMPTS];

/**
 * Reads a prompts file. One that begins with `[` is a JSON list whose items are texts or lists of token
 * ids, and so is one called `.json`; any other is a text file as {@link readTexts} takes it: one prompt
 * a line, or with blank lines between them, plain or gzipped (`.gz`).
 *
 * @throws InputError if it cannot be read, is something else or holds no prompt.
 * @example
 * const prompts = await readPrompts("texts.txt");
 */
export async function readPrompts(file: string, options: ReadTextsOptions = {}): Promise<Prompt[]> {
  if (file.endsWith(".json")) return promptList(file);
  const content = await readTextsFile(file);
  if (!/^\s*\[/.test(content)) return textsIn(content, file, options);
  if (!file.endsWith(".gz")) return promptList(file);
  throw new InputError("a JSON list of prompts is not read gzipped", {
    file,
    remedy: "Unpack it first.",
  });
}

function promptList(file: string): Prompt[] {
  const json = readJsonFile(file, InputError);
  if (!Array.isArray(json) || json.length === 0) {
    throw new InputError("this is not a list of prompts", {
      file,
      found: Array.isArray(json) ? "an empty list" : typeof json,
      expected: "a JSON list of texts or of lists of token ids",
    });
  }
  json.forEach((prompt, i) => {
    const isIds = Array.isArray(prompt) && prompt.every((id) => Number.isInteger(id));
    if (typeof prompt === "string" || isIds) return;
    throw new InputError(`prompt ${i} is neither a text nor a list of token ids`, {
      file,
      found: JSON.stringify(prompt).slice(0, 60),
    });
  });
  return json;
}
