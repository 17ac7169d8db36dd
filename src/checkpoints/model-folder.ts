import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CheckpointError, ModelConfigError } from "../errors";
import type { FloatAllocator } from "./dtypes";
import { readJsonFile } from "./json-file";
import { NameLimits } from "./name-limits";
import { openCheckpoint, openTensorFile } from "./open-checkpoint";
import { quoted, quotedList } from "./quoted";
import { withoutWrappers } from "./renamed-source";
import type { TensorSource } from "./tensor-source";
import { withReadable } from "./unreadable-tensor";

/** The largest models on the hub have about 200 shards; every one is kept open. */
const MOST_SHARDS = 1000;

/** Where a folder can have its weights, the preferred first. */
const SINGLE_FILES = ["model.safetensors", "pytorch_model.bin"] as const;
const INDEX_SUFFIX = ".index.json";
const PREFERENCE = SINGLE_FILES.flatMap((name) => [name, name + INDEX_SUFFIX]);

/** A Hugging Face model folder, opened. */
export interface ModelFolder {
  /** The parsed config.json. */
  readonly config: unknown;
  /** Every tensor, of all shards. Close it when done. */
  readonly tensors: TensorSource;
  /** The files that were read: config.json, the index if there is one, the weights. */
  readonly files: readonly string[];
  /** What the user should know although the weights can be read. */
  readonly warnings: readonly string[];
}

/**
 * Opens a model folder as Hugging Face's `save_pretrained` and hub write them: `config.json` with, in this order of
 * preference, `model.safetensors`, `model.safetensors.index.json`, `pytorch_model.bin` or
 * `pytorch_model.bin.index.json`. Weights that are links to nothing, or an index whose files are not all there, are
 * passed over for the next, with a warning. It knows no architecture: what tensors there must be is for the model to
 * check.
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
  if (!existsSync(configFile)) throw new ModelConfigError(BROKEN_LINK, { file: configFile });
  const config = readJsonFile(configFile, ModelConfigError);
  const { file, defects } = wholeWeights(dir, entries);
  if (file === undefined) {
    if (defects.length > 0) throw new CheckpointError(defects[0].what, defects[0]);
    throw new ModelConfigError("there are no weights in this folder", {
      file: dir,
      found: quotedList([...entries].sort()),
      expected: `${SINGLE_FILES.join(" or ")}, or the ${INDEX_SUFFIX} of one`,
      remedy: "Download the model again, or save it with save_pretrained.",
    });
  }
  const warnings = defects.map(
    (defect) => `${defect.file}: ${defect.what}; ${basename(file)} is read instead`,
  );
  if (!isIndex(file)) {
    return { config, tensors: await openCheckpoint(file), files: [configFile, file], warnings };
  }
  const { tensors, files } = await openShards(dir, file);
  return { config, tensors, files: [configFile, ...files], warnings };
}

const BROKEN_LINK = "this is a link to a file that is not there";

/** Why weights that are there cannot be read. */
interface Defect {
  readonly file: string;
  readonly what: string;
  readonly remedy?: string;
}

/**
 * The preferred of a folder's weights that is all there, and what the ones before it lack.
 *
 * @throws CheckpointError if an index is damaged.
 */
export function wholeWeights(
  dir: string,
  entries: ReadonlySet<string>,
): { file: string | undefined; defects: readonly Defect[] } {
  const defects: Defect[] = [];
  for (const name of PREFERENCE.filter((each) => entries.has(each))) {
    const file = join(dir, name);
    const defect = defectOf(dir, file);
    if (!defect) return { file, defects };
    defects.push(defect);
  }
  return { file: undefined, defects };
}

function defectOf(dir: string, file: string): Defect | undefined {
  if (!existsSync(file)) return { file, what: BROKEN_LINK };
  if (!isIndex(file)) return undefined;
  const missing = shardNames(file).filter((name) => !existsSync(join(dir, name)));
  if (missing.length === 0) return undefined;
  const what = `the index names files that are not there: ${quotedList(missing)}`;
  return { file, what, remedy: "Download the model again." };
}

/** Of a model's files the one that its weights are read from, or their index; `undefined` if there are none. */
export function preferredWeights(files: ReadonlySet<string>): string | undefined {
  return PREFERENCE.find((name) => files.has(name));
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
  indexFile: string,
): Promise<{ tensors: TensorSource; files: string[] }> {
  const shardOf = readIndex(indexFile);
  const names = namesOf(indexFile, shardOf);
  const shards = new Map<string, TensorSource>();
  try {
    for (const name of names) shards.set(name, await openTensorFile(join(dir, name)));
    const tensors = withReadable(withoutWrappers(new ShardedSource(indexFile, shardOf, shards)));
    return { tensors, files: [indexFile, ...names.map((name) => join(dir, name))] };
  } catch (error) {
    for (const shard of shards.values()) shard.close();
    throw error;
  }
}

function namesOf(indexFile: string, shardOf: ReadonlyMap<string, string>): string[] {
  const names = new Set<string>();
  for (const name of shardOf.values()) {
    names.add(name);
    if (names.size > MOST_SHARDS) {
      throw new CheckpointError("the index names too many files", {
        file: indexFile,
        found: `${MOST_SHARDS + 1} or more`,
        expected: `at most ${MOST_SHARDS}`,
      });
    }
  }
  return [...names].sort();
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
  const limits = new NameLimits(indexFile);
  const shardOf = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(weightMap)) {
    limits.check(tensor);
    shardOf.set(tensor, shard);
    if (typeof shard === "string" && isPlainFileName(shard)) continue;
    throw new CheckpointError(`the index places ${quoted(tensor)} outside the folder`, {
      file: indexFile,
      found: quoted(typeof shard === "string" ? shard : JSON.stringify(shard)),
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
  readonly unreadable: ReadonlyMap<string, string>;

  constructor(
    readonly path: string,
    private readonly shardOf: ReadonlyMap<string, string>,
    private readonly shards: ReadonlyMap<string, TensorSource>,
  ) {
    const readable = new Map([...shards].map(([name, shard]) => [name, new Set(shard.names)]));
    const names: string[] = [];
    const unreadable = new Map<string, string>();
    for (const [tensor, shard] of shardOf) {
      const kind = shards.get(shard)?.unreadable.get(tensor);
      if (readable.get(shard)?.has(tensor)) names.push(tensor);
      else if (kind !== undefined) unreadable.set(tensor, kind);
      else {
        throw new CheckpointError(`tensor ${quoted(tensor)} is not in ${quoted(shard)}`, {
          file: path,
          found: quotedList([...(readable.get(shard) ?? [])]),
          remedy: "Index and files are of different versions: download the model again.",
        });
      }
    }
    this.names = names;
    this.unreadable = unreadable;
  }

  info(name: string) {
    return this.shardWith(name).info(name);
  }

  read(name: string, floats?: FloatAllocator) {
    return this.shardWith(name).read(name, floats);
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
