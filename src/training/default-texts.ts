import { join } from "node:path";
import { InputError } from "../errors";
import { type Measurer, measurePrompts } from "../heads/measured-prompts";
import { readTexts } from "./read-texts";
import { samplePrefixes } from "./sample-prefixes";

/** Public-domain English books; the part that the bundled base model was trained on, none of the held-out part. */
const CORPUS = join(__dirname, "..", "..", "scripts", "corpus", "train.txt.gz");

/** The held-out part: other books, which neither the bundled model nor a bundled head has seen. */
const HELD_OUT = join(__dirname, "..", "..", "scripts", "corpus", "valid.txt.gz");

/** As many texts as an hour of reading; the bundled heads are trained on these. */
const COUNT = 4000;

/**
 * The texts that heads are trained on if none are given: beginnings of sentences, 3 to 40 words long,
 * cut after a random word, from the bundled corpus (`scripts/corpus/SOURCES.md`).
 *
 * @throws InputError if the corpus is not there.
 */
export async function defaultTexts({ count = COUNT, seed = 0 } = {}): Promise<string[]> {
  const paragraphs = await readTexts(CORPUS, { unit: "paragraph" });
  return samplePrefixes(paragraphs, { count, seed });
}

/**
 * Texts of the same kind from books that were held out.
 *
 * @throws InputError if the corpus is not there.
 */
export async function heldOutTexts({ count = 300, seed = 0 } = {}): Promise<string[]> {
  const paragraphs = await readTexts(HELD_OUT, { unit: "paragraph" });
  return samplePrefixes(paragraphs, { count, seed });
}

/**
 * Those of `heldOutTexts` that a model can run: some may be longer than a small context, or of characters
 * that its tokenizer lacks.
 *
 * @returns none where there is no tokenizer
 */
export async function heldOutTextsFor(
  model: Measurer["model"],
  { prependBos = false, ...options }: { count?: number; prependBos?: boolean } = {},
): Promise<string[]> {
  const bundled = model.tokenizer ? await heldOutTexts(options) : [];
  return bundled.filter((text) => canRun(model, text, prependBos));
}

function canRun(model: Measurer["model"], text: string, prependBos: boolean): boolean {
  try {
    measurePrompts({ model }, [text], { prependBos });
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}
