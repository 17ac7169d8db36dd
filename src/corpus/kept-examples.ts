import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { atomicWrite } from "../files/atomic-write";
import { makeFolder } from "../files/make-folder";
import type { BoundHead } from "../heads/bind-head";
import { activationCacheFolder } from "../training/collect-activations";
import { VERSION } from "../version";
import { type CorpusExamples, corpusExamplesSchema } from "./corpus-examples";

/** Where examples are kept between runs: beside the activations. It may be deleted at any time. */
export function examplesCacheFolder(): string {
  return join(dirname(activationCacheFolder()), "examples");
}

/**
 * The file that examples are kept in, named by what they follow from: the head's and the base model's
 * files, weight processing, engine, tslens's version, the texts and the options.
 *
 * @returns null for a head or a model that was made in memory
 */
export async function examplesFile(
  { files: { sha256, config }, model, hook, index }: BoundHead,
  cacheFolder: string,
  texts: readonly (readonly number[])[],
  options: object,
): Promise<string | null> {
  if (!sha256 || !model.files) return null;
  const { raw: _, ...settings } = config;
  const of = [sha256, settings, hook, index, await model.files.sha256(), model.processing];
  const hash = createHash("sha256");
  hash.update(JSON.stringify([VERSION, model.engine.name, ...of, options]));
  for (const ids of texts) hash.update(JSON.stringify(ids));
  return join(cacheFolder, `${hash.digest("hex").slice(0, 32)}.json`);
}

/** What is kept there; null if nothing is, or something that is none. */
export function keptExamples(file: string): CorpusExamples | null {
  try {
    const json = JSON.parse(readFileSync(file, "utf8"));
    return corpusExamplesSchema.safeParse(json).success ? json : null;
  } catch {
    return null;
  }
}

/** Keeps them where the folder can be written; what is found once more next time otherwise. */
export async function keepExamples(file: string, examples: CorpusExamples): Promise<void> {
  try {
    makeFolder(dirname(file));
    await atomicWrite(file, JSON.stringify(examples));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
