import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CheckpointError, ModelConfigError } from "../errors";
import { readJsonFile } from "./json-file";
import { openCheckpoint } from "./open-checkpoint";
import { quoted, quotedList } from "./quoted";
import type { TensorSource } from "./tensor-source";

/** The largest models on the hub have about 200 shards; every one is kept open. */
const MOST_SHARDS = 1000;

/** Where a folder can have its weights, the preferred first. */
const SINGLE_FILES = ["model.safetensors", "pytorch_model.bin"] as const;
const INDEX_SUFFIX = ".index.json";

/** A Hugging Face model folder, opened. */
export interface ModelFolder {
  /** The parsed config.json. */
  readonly config: unknown;
  /** Every tensor, of all shards. Close it when done. */
  readonly tensors: TensorSource;
  /** The files that were read: config.json, the index if there is one, the weights. */
  readonly files: readonly string[];
}

/**
 * Opens a model folder as Hugging Face's `save_pretrained` and hub write them: `config.json` with, in this order of
 * preference, `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` or
 * `pytorch_model.bin.index.json`. It knows no architecture: what tensors there must be is for the model to check.
 *
 * @throws ModelConfigError if the folder, its config.json or its weights are missing, or config.json is not JSON.
 * @throws CheckpointError if the weights or their index are damaged or contradict each other.
 * @example
 * const { config, tensors } = await openModelFolder("models/tiny-gpt2");
 * console.log(tensors.names);
 * tensors.close();
 */
export async function openModelFolder(dir: string): Promise<ModelFolder> {
  const entries = listFolder(dir);
  const configFile = join(dir, "config.json");
  if (!entries.has("config.json")) {
    throw new ModelConfigError("there is no config.json in this folder", {
      file: dir,
      found: quotedList([...entries].sort()),
      remedy: "Point to the folder that the model was downloaded or saved into.",
    });
  }
  const config = readJsonFile(configFile, ModelConfigError);
  const weights = preferredWeights(entries);
  if (weights) {
    const file = join(dir, weights);
    if (!isIndex(weights)) {
      return { config, tensors: await openCheckpoint(file), files: [configFile, file] };
    }
    const { tensors, files } = await openShards(dir, entries, file);
    return { config, tensors, files: [configFile, ...files] };
  }
  throw new ModelConfigError("there are no weights in this folder", {
    file: dir,
    found: quotedList([...entries].sort()),
    expected: `${SINGLE_FILES.join(" or ")}, or the ${INDEX_SUFFIX} of one`,
    remedy: "Download the model again, or save it with save_pretrained.",
  });
}

/** Of a model's files the one that its weights are read from, or their index; `undefined` if there are none. */
export function preferredWeights(files: ReadonlySet<string>): string | undefined {
  return SINGLE_FILES.flatMap((name) => [name, name + INDEX_SUFFIX]).find((name) =>
    files.has(name),
  );
}

/** Whether a file of weights only says which files have them. */
export function isIndex(weights: string): boolean {
  return weights.endsWith(INDEX_SUFFIX);
}

/**
 * Names of the files that an index places tensors in, sorted.
 *
 * @throws CheckpointError if it is not an index, or names files outside its folder or too many.
 */
export function shardNames(indexFile: string): string[] {
  return namesOf(indexFile, readIndex(indexFile));
}

function listFolder(dir: string): Set<string> {
  try {
    if (statSync(dir).isDirectory()) return new Set(readdirSync(dir));
  } catch (cause) {
    throw new ModelConfigError("there is no such folder, or it may not be read", {
      file: dir,
      cause,
    });
  }
  throw new ModelConfigError("this is not a folder", { file: dir, expected: "a model folder" });
}

async function openShards(
  dir: string,
  entries: ReadonlySet<string>,
  indexFile: string,
): Promise<{ tensors: TensorSource; files: string[] }> {
  const shardOf = readIndex(indexFile);
  const names = namesOf(indexFile, shardOf);
  const missing = names.filter((name) => !entries.has(name));
  if (missing.length > 0) {
    throw new CheckpointError(`the index names files that are not there: ${quotedList(missing)}`, {
      file: indexFile,
      remedy: "Download the model again.",
    });
  }
  const shards = new Map<string, TensorSource>();
  try {
    for (const name of names) shards.set(name, await openCheckpoint(join(dir, name)));
    const tensors = new ShardedSource(indexFile, shardOf, shards);
    return { tensors, files: [indexFile, ...names.map((name) => join(dir, name))] };
  } catch (error) {
    for (const shard of shards.values()) shard.close();
    throw error;
  }
}

function namesOf(indexFile: string, shardOf: ReadonlyMap<string, string>): string[] {
  const names = [...new Set(shardOf.values())].sort();
  if (names.length <= MOST_SHARDS) return names;
  throw new CheckpointError("the index names too many files", {
    file: indexFile,
    found: `${names.length}`,
    expected: `at most ${MOST_SHARDS}`,
  });
}

/** Tensor name → shard's file name, from the index's `weight_map`. */
function readIndex(indexFile: string): Map<string, string> {
  const index = readJsonFile(indexFile, CheckpointError) as { weight_map?: unknown } | null;
  const weightMap = index?.weight_map;
  if (typeof weightMap !== "object" || weightMap === null || Array.isArray(weightMap)) {
    throw new CheckpointError("the index has no weight_map", {
      file: indexFile,
      expected: 'an object {"weight_map": {tensor: file}}',
    });
  }
  const shardOf = new Map<string, string>(Object.entries(weightMap));
  for (const [tensor, shard] of shardOf) {
    if (typeof shard === "string" && isPlainFileName(shard)) continue;
    throw new CheckpointError(`the index places ${quoted(tensor)} outside the folder`, {
      file: indexFile,
      found: quoted(String(shard)),
      expected: "the name of a file beside the index",
    });
  }
  return shardOf;
}

/** Names such as `../x`, `/etc/x`, `a/b`, `a\b` or `C:x` could lead out of the folder. */
function isPlainFileName(name: string): boolean {
  return basename(name) === name && !/[\\/:\0]/.test(name) && !/^\.{0,2}$/.test(name);
}

/** The shards of an index as one source. */
class ShardedSource implements TensorSource {
  readonly names: readonly string[];

  constructor(
    readonly path: string,
    private readonly shardOf: ReadonlyMap<string, string>,
    private readonly shards: ReadonlyMap<string, TensorSource>,
  ) {
    this.names = [...shardOf.keys()];
    const namesIn = new Map([...shards].map(([name, shard]) => [name, new Set(shard.names)]));
    for (const [tensor, shard] of shardOf) {
      if (namesIn.get(shard)?.has(tensor)) continue;
      throw new CheckpointError(`tensor ${quoted(tensor)} is not in ${quoted(shard)}`, {
        file: path,
        found: quotedList([...(namesIn.get(shard) ?? [])]),
        remedy: "Index and files are of different versions: download the model again.",
      });
    }
  }

  info(name: string) {
    return this.shardWith(name).info(name);
  }

  read(name: string) {
    return this.shardWith(name).read(name);
  }

  close(): void {
    for (const shard of this.shards.values()) shard.close();
  }

  private shardWith(name: string): TensorSource {
    const shard = this.shards.get(this.shardOf.get(name) ?? "");
    if (shard) return shard;
    throw new CheckpointError(`there is no tensor ${quoted(name)}`, {
      file: this.path,
      found: quotedList(this.names),
    });
  }
}
