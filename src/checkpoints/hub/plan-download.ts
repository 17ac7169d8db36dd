import { join } from "node:path";
import { CheckpointError, HubError } from "../../errors";
import { isIndex, preferredWeights, shardNames } from "../model-folder";
import { quoted, quotedList } from "../quoted";
import { downloadFile } from "./download-file";
import { hubAnswer } from "./hub-fetch";
import { type HubFile, hubFile } from "./hub-file";
import type { HubSettings } from "./hub-settings";
import { checkRevision, DEFAULT_REVISION, isCommit, repositoryFolder } from "./repository";

/** What is read beside the weights. */
export const CONFIG_FILE = "config.json";
const TOKENIZER_FILE = "tokenizer.json";
const TOKENIZER_SETTINGS = [
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
];
/** A tokenizer as it was written until 2021, GPT-2's or BERT's; not needed beside tokenizer.json. */
const OLD_TOKENIZER_FILES = ["vocab.json", "merges.txt", "vocab.txt"];

const WEIGHTS = /\.(safetensors|bin)$/;

/** The largest tokenizers have 40 MB. */
const LARGEST_TEXT_FILE = 100_000_000;

/** What there is to download. */
export interface DownloadPlan {
  /** The model's name on the hub. */
  readonly name: string;
  readonly revision: string;
  readonly commit: string;
  /** The model's folder in the cache. */
  readonly repository: string;
  /** The files that the model needs, the weights last. */
  readonly files: readonly HubFile[];
  /** Files that a model can have and this one has not. */
  readonly absent: readonly string[];
}

export interface PlanDownloadOptions {
  /** Such as `gpt2` or `openai-community/gpt2`. */
  readonly name: string;
  readonly settings: HubSettings;
  /** A branch, a tag or a commit. */
  readonly revision?: string;
}

/**
 * Asks the hub which files of a model are needed, how large they are and what their hashes are. Of sharded weights the
 * index is downloaded into the cache, to know the shards.
 *
 * @throws HubError if the hub cannot be reached, refuses, has no such model or revision, or the model has no weights
 *   that can be read.
 */
export async function planDownload({
  name,
  settings,
  revision = DEFAULT_REVISION,
}: PlanDownloadOptions): Promise<DownloadPlan> {
  checkRevision(revision);
  const { endpoint } = settings;
  const where = `${endpoint}/${name}`;
  if (settings.isOffline) {
    throw new HubError("the hub is not asked while HF_HUB_OFFLINE is set", { file: where });
  }
  const { modelInfo, pathsInfo } = await import("@huggingface/hub");
  const fetch = hubAnswer(settings);
  const info = await asHubError(where, () =>
    modelInfo({
      name,
      revision,
      hubUrl: endpoint,
      fetch,
      additionalFields: ["sha", "filePaths"],
    }),
  );
  const { sha: commit } = info;
  const filePaths = info.filePaths.filter((path) => typeof path === "string");
  if (!isCommit(commit)) {
    throw new HubError("the hub's answer about the model cannot be used", {
      file: where,
      found: quoted(String(commit)),
      expected: "a commit",
      remedy: "Check HF_ENDPOINT.",
    });
  }
  const repository = repositoryFolder(settings.cacheFolder, name);
  const existing = new Set(filePaths);
  const weights = preferredWeights(existing);
  if (!weights || !existing.has(CONFIG_FILE)) {
    throw new HubError("this is not a model that can be read", {
      file: where,
      found: quotedList(filePaths),
      expected: "config.json, and model.safetensors or pytorch_model.bin",
    });
  }
  const describe = async (paths: readonly string[]) => {
    const found = await asHubError(where, () =>
      pathsInfo({
        repo: { type: "model", name },
        paths: [...paths],
        revision: commit,
        hubUrl: endpoint,
        fetch,
      }),
    );
    const files = new Map(found.map((path) => [path.path, hubFile(path, where)]));
    for (const file of files.values()) requirePlausible(file, where);
    const missing = paths.filter((path) => !files.has(path));
    if (missing.length === 0) return paths.map((path) => files.get(path)!);
    throw new HubError(`the model on the hub lacks files: ${quotedList(missing)}`, { file: where });
  };
  const tokenizerFiles = existing.has(TOKENIZER_FILE)
    ? [TOKENIZER_FILE, ...TOKENIZER_SETTINGS]
    : [TOKENIZER_FILE, ...OLD_TOKENIZER_FILES, ...TOKENIZER_SETTINGS];
  const wanted = [CONFIG_FILE, ...tokenizerFiles].filter((path) => existing.has(path));
  const files = await describe([...wanted, weights]);
  if (isIndex(weights)) {
    const index = files.find(({ path }) => path === weights)!;
    await downloadFile({ file: index, name, commit, repository, settings });
    const shards = shardsIn(join(repository, "blobs", index.hash), where);
    files.push(...(await describe(shards)));
  }
  const absent = tokenizerFiles.filter((path) => !existing.has(path));
  return { name, revision, commit, repository, files, absent };
}

/** The index is checked as one in a folder is, but it comes from the hub. */
function shardsIn(indexFile: string, where: string): string[] {
  try {
    return shardNames(indexFile);
  } catch (cause) {
    if (!(cause instanceof CheckpointError)) throw cause;
    throw new HubError("the model's index of shards cannot be used", {
      file: where,
      found: cause.message,
      cause,
    });
  }
}

/** Weights can have any size; everything else is read as a whole. */
function requirePlausible({ path, size }: HubFile, where: string): void {
  if (WEIGHTS.test(path) || size <= LARGEST_TEXT_FILE) return;
  throw new HubError(`${quoted(path)} on the hub is too large`, {
    file: where,
    found: `${size} bytes`,
    expected: `at most ${LARGEST_TEXT_FILE}`,
  });
}

/** What `@huggingface/hub` throws about an answer that it does not understand. */
async function asHubError<T>(where: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof HubError) throw cause;
    throw new HubError("the hub's answer cannot be understood", {
      file: where,
      found: cause instanceof SyntaxError ? "no JSON" : "JSON of another form",
      remedy: "Check HF_ENDPOINT.",
      cause,
    });
  }
}
