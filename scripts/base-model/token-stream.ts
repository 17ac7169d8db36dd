import { loadTokenizer, type Tokenizer } from "../../src/model/tokenizer";
import { type CorpusPart, corpusParagraphs } from "./corpus";
import { MODEL_FOLDER, training } from "./settings";

export async function bundledTokenizer(): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(MODEL_FOLDER);
  if (!tokenizer) throw new Error("run scripts/base-model/train-tokenizer.ts first");
  return tokenizer;
}

/**
 * One part of the corpus as a single run of tokens: paragraphs with their blank lines, and an
 * end-of-text token before every `paragraphsPerDocument`-th.
 */
export function tokenStream(part: CorpusPart, tokenizer: Tokenizer): Int32Array {
  const paragraphs = corpusParagraphs(part);
  const ids: number[] = [];
  for (let first = 0; first < paragraphs.length; first += training.paragraphsPerDocument) {
    ids.push(tokenizer.bosTokenId!);
    const document = paragraphs.slice(first, first + training.paragraphsPerDocument);
    document.forEach((paragraph, i) => {
      for (const id of tokenizer.encode(i === 0 ? paragraph : `\n\n${paragraph}`)) ids.push(id);
    });
  }
  return Int32Array.from(ids);
}
