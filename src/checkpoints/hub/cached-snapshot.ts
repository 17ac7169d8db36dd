import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { BinaryFile } from "../binary-file";
import { wholeWeights } from "../model-folder";
import { checkRevision, DEFAULT_REVISION, isCommit, repositoryFolder } from "./repository";

/** A commit has 40 characters. */
const LONGEST_REF = 100;

/** A tokenizer before tokenizer.json: GPT-2's, BERT's. */
const OLD_FORMS = [["vocab.json", "merges.txt"], ["vocab.txt"]];

/** A model in the cache, as far as it is there. */
export interface CachedSnapshot {
  readonly folder: string;
  /** Whether config.json and every file of weights are there. */
  readonly isWhole: boolean;
  /** Whether tokenizer.json is there, or an older form of it is, or what is not is known not to exist. */
  readonly hasTokenizer: boolean;
}

export interface CachedSnapshotOptions {
  /** Such as `gpt2` or `openai-community/gpt2`. */
  readonly name: string;
  readonly cacheFolder: string;
  /** A branch, a tag or a commit. */
  readonly revision?: string;
}

/**
 * Looks a model up in the Hugging Face cache: `models--owner--name/snapshots/{commit}`, where a branch's or tag's
 * commit stands in `refs/{revision}`. Nothing is downloaded.
 *
 * A file is linked into a snapshot when it is whole, here as in Python, so that what is there is whole.
 *
 * @returns undefined if the cache has nothing of this revision.
 * @throws HubError if the revision could not be one.
 * @throws CheckpointError if an index of shards is damaged.
 */
export function cachedSnapshot({
  name,
  cacheFolder,
  revision = DEFAULT_REVISION,
}: CachedSnapshotOptions): CachedSnapshot | undefined {
  checkRevision(revision);
  const repository = repositoryFolder(cacheFolder, name);
  const commit = commitOf(repository, revision);
  const folder = commit && join(repository, "snapshots", commit);
  if (!folder || !existsSync(folder)) return undefined;
  return {
    folder,
    isWhole: existsSync(join(folder, "config.json")) && hasWeights(folder),
    hasTokenizer: hasTokenizer(folder, join(repository, ".no_exist", commit)),
  };
}

function hasTokenizer(folder: string, absent: string): boolean {
  const isThere = (name: string) => existsSync(join(folder, name));
  const isKnown = (name: string) => isThere(name) || existsSync(join(absent, name));
  if (isThere("tokenizer.json")) return true;
  if (!isKnown("tokenizer.json")) return false;
  return (
    OLD_FORMS.some((names) => names.every(isThere)) ||
    OLD_FORMS.every((names) => names.every(isKnown))
  );
}

function commitOf(repository: string, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  try {
    const file = new BinaryFile(join(repository, "refs", revision));
    try {
      const bytes = file.readBytes(0, Math.min(file.size, LONGEST_REF), "the commit");
      const commit = new TextDecoder().decode(bytes).trim();
      return isCommit(commit) ? commit : undefined;
    } finally {
      file.close();
    }
  } catch {
    return undefined;
  }
}

/** Whether weights that \`openModelFolder\` would read are all there. A link can lead nowhere. */
function hasWeights(folder: string): boolean {
  return wholeWeights(folder, new Set(readdirSync(folder))).file !== undefined;
}
