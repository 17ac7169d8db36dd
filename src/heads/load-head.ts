import { lstatSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readJsonFile } from "../checkpoints/json-file";
import { type NamedArray, toFloat32 } from "../checkpoints/named-array";
import { openCheckpoint } from "../checkpoints/open-checkpoint";
import { quoted, quotedList } from "../checkpoints/quoted";
import { ReadFiles } from "../checkpoints/read-files";
import { renamedSource } from "../checkpoints/renamed-source";
import type { TensorSource } from "../checkpoints/tensor-source";
import { HeadConfigError } from "../errors";
import { type HeadConfig, parseHeadConfig } from "./head-config";
import { locateHead } from "./locate-head";
import { RUN_FOLDERS } from "./run-folders";

/** A head's weights, the preferred first. */
export const HEAD_FILES = ["head.pt", "head.safetensors"] as const;

const CONFIG_FILE = "config.json";

/** The classes' weights in the training loss; nothing here depends on them. */
const CLASS_WEIGHTS = "class_weights";

/** How many heads `AveragedModel` has averaged. */
const AVERAGED = "n_averaged";

const OUTPUT = "output.weight";

/** What a layer of a head may have, which contradicts a configuration without it. */
const OF_LAYER = /^(hidden|output)\./;

/** A tensor of a head, as float32. */
export interface HeadTensor extends NamedArray {
  readonly dtype: "float32";
  readonly data: Float32Array;
}

/** A trained head as its files have it. */
export interface HeadFiles {
  /** The folder that holds the head's weights and configuration. */
  readonly directory: string;
  readonly headFile: string;
  readonly configFile: string;
  readonly config: HeadConfig;
  /**
   * With a hidden layer `hidden.weight` [hidden, d_model] and `hidden.bias` [hidden]; `output.weight` [out, in] and
   * `output.bias` [out]. Empty for a token head.
   */
  readonly tensors: ReadonlyMap<string, HeadTensor>;
  /** SHA-256 of the two files as they were read; null for a head that was made in memory. */
  readonly sha256: { readonly head: string; readonly config: string } | null;
  /** What the user should know although the head can be used. */
  readonly warnings: readonly string[];
}

/**
 * Loads a trained head's configuration and weights, checked against each other.
 *
 * @param path - A training run's folder (its `best_model` is preferred to its `final_model`), the folder with
 *   `head.pt` or `head.safetensors`, or that file. A relative path is looked for in the working directory and in the
 *   folders above it.
 * @throws HeadConfigError if there is no head, its configuration cannot be used, or its weights contradict it: a
 *   tensor is missing, unknown or of another shape, or holds NaN or infinity.
 * @throws CheckpointError if the weights' file cannot be read, or a file changes while it is read.
 * @example
 * const { config, tensors } = await loadHead("models/neuron_l2_n52_20261122_120000");
 * console.log(config.headType, tensors.get("output.weight")?.shape);
 */
export async function loadHead(path: string): Promise<HeadFiles> {
  const { headFile, warnings } = locateHeadFile(locateHead(path));
  const directory = dirname(headFile);
  const configFile = join(directory, CONFIG_FILE);
  const read = new ReadFiles([headFile, configFile]);
  const config = parseHeadConfig(readJsonFile(configFile, HeadConfigError), configFile);
  const source = withoutPrefix(await openCheckpoint(headFile));
  try {
    warnings.push(...checkShapes(source, config, configFile));
    const names = source.names.filter((name) => name !== AVERAGED);
    const tensors = new Map(names.map((name) => [name, readTensor(source, name)]));
    warnings.push(...binWarnings(config, configFile));
    const hashes = await read.sha256();
    const sha256 = { head: hashes[basename(headFile)], config: hashes[CONFIG_FILE] };
    return { directory, headFile, configFile, config, tensors, sha256, warnings };
  } finally {
    source.close();
  }
}

/** Whether the files of a head are still the ones that it was read from. */
export async function isStillThere({ headFile, configFile, sha256 }: HeadFiles): Promise<boolean> {
  const now = await new ReadFiles([headFile, configFile]).sha256().catch(() => null);
  if (now === null || sha256 === null) return false;
  return now[basename(headFile)] === sha256.head && now[CONFIG_FILE] === sha256.config;
}

/** Without what a module around the head put before all names, such as Lightning's `model.`. */
function withoutPrefix(source: TensorSource): TensorSource {
  const { names } = source;
  const prefix = names.find((name) => name.endsWith(`.${OUTPUT}`))?.slice(0, -OUTPUT.length) ?? "";
  const isBeforeAll = names.every((name) => name.startsWith(prefix));
  return isBeforeAll
    ? renamedSource(source, (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name))
    : source;
}

/**
 * The weights' file of a trained head: the file itself, the one in a folder, or of a training run's `best_model`, else
 * `final_model`. A link to nothing is passed over, with a warning.
 *
 * @throws HeadConfigError if there is none.
 */
export function locateHeadFile(path: string): { headFile: string; warnings: string[] } {
  if (kindOf(path) === "file") return { headFile: path, warnings: [] };
  const folders = RUN_FOLDERS.filter((folder) => kindOf(join(path, folder)) === "folder");
  const brokenLinks: string[] = [];
  const passedOver: string[] = [];
  for (const folder of ["", ...folders]) {
    const files = HEAD_FILES.map((name) => join(path, folder, name));
    const headFile = files.find((file) => kindOf(file) === "file");
    const before = headFile ? files.slice(0, files.indexOf(headFile)) : files;
    const broken = before.filter((file) => kindOf(file) === "broken link");
    brokenLinks.push(...broken);
    passedOver.push(...broken.map((file) => `${file} is a link to a file that is not there`));
    if (headFile) {
      const used = `${folder || basename(headFile)} is used instead`;
      return { headFile, warnings: passedOver.map((reason) => `${reason}; ${used}`) };
    }
    if (folder && broken.length === 0) {
      passedOver.push(`${join(path, folder)} holds no ${HEAD_FILES[0]}`);
    }
  }
  throw brokenLinks.length > 0
    ? new HeadConfigError("this is a link to a file that is not there", { file: brokenLinks[0] })
    : noHead(path);
}

function kindOf(path: string): "file" | "folder" | "broken link" | undefined {
  try {
    const stats = statSync(path);
    if (stats.isFile()) return "file";
    return stats.isDirectory() ? "folder" : undefined;
  } catch {
    return isLink(path) ? "broken link" : undefined;
  }
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function noHead(path: string): HeadConfigError {
  const expected = `a folder with ${HEAD_FILES.join(" or ")}, or with ${RUN_FOLDERS.join(" or ")}`;
  if (kindOf(path) !== "folder") {
    return new HeadConfigError("there is no such folder", { file: path, expected });
  }
  const entries = readdirSync(path).sort();
  const holdsHead = (folder: string) =>
    HEAD_FILES.some((name) => kindOf(join(folder, name)) === "file");
  const runs = entries.filter((entry) =>
    [...RUN_FOLDERS, "."].some((folder) => holdsHead(join(path, entry, folder))),
  );
  return new HeadConfigError("there is no trained head in this folder", {
    file: path,
    found: quotedList(runs.length > 0 ? runs : entries),
    expected,
    remedy: runs.length > 0 ? `Point to one of them, such as ${join(path, runs[0])}.` : undefined,
  });
}

/** Name → shape of the tensors that a head must have, and of those that it may have. */
function expectedShapes(config: HeadConfig): {
  required: Map<string, readonly number[]>;
  optional: Map<string, readonly number[]>;
} {
  const required = new Map<string, readonly number[]>();
  const optional = new Map<string, readonly number[]>();
  if (config.headType === "token") return { required, optional };
  const { inputDim, hidden } = config.head;
  const outputs = config.headType === "regression" ? 1 : config.head.numClasses;
  if (hidden) {
    required.set("hidden.weight", [hidden.dim, inputDim]);
    required.set("hidden.bias", [hidden.dim]);
  }
  required.set("output.weight", [outputs, hidden?.dim ?? inputDim]);
  required.set("output.bias", [outputs]);
  if (config.headType === "classification") optional.set(CLASS_WEIGHTS, [outputs]);
  return { required, optional };
}

/** @returns what of the file is not read. */
function checkShapes(source: TensorSource, config: HeadConfig, configFile: string): string[] {
  const { required, optional } = expectedShapes(config);
  const described = describeHead(config);
  const remedy = `Weights and ${CONFIG_FILE} must be of the same head: check both.`;
  const isBeside = (name: string) => !required.has(name) && !OF_LAYER.test(name);
  const beside = [...source.unreadable].filter(([name]) => isBeside(name));
  const unread = [...source.unreadable.keys()].filter((name) => !isBeside(name));
  const names = new Set([...source.names, ...unread]);
  const missing = [...required.keys()].filter((name) => !names.has(name));
  const surplus = [...names].filter(
    (name) => !required.has(name) && !optional.has(name) && name !== AVERAGED,
  );
  if (missing.length > 0 || surplus.length > 0) {
    const parts = [
      missing.length > 0 && `${quotedList(missing)} missing`,
      surplus.length > 0 && `${quotedList(surplus)} unexpected`,
    ];
    throw new HeadConfigError(`the tensors do not fit ${configFile}`, {
      file: source.path,
      found: parts.filter(Boolean).join(", "),
      expected: `${quotedList([...required.keys()])} for ${described}`,
      remedy,
    });
  }
  for (const [name, shape] of [...required, ...optional]) {
    if (!names.has(name)) continue;
    const found = source.info(name).shape;
    if (found.length === shape.length && found.every((size, axis) => size === shape[axis]))
      continue;
    throw new HeadConfigError(`${quoted(name)} does not fit ${configFile}`, {
      file: source.path,
      found: `shape [${found.join(", ")}]`,
      expected: `[${shape.join(", ")}] for ${described}`,
      remedy,
    });
  }
  return beside.map(([name, kind]) => `${source.path}: ${quoted(name)} is not read: it is ${kind}`);
}

function describeHead(config: HeadConfig): string {
  if (config.headType === "token") return "a token head, which has none";
  const { inputDim, hidden } = config.head;
  const width = hidden ? `hidden_dim ${hidden.dim}` : "no hidden layer";
  const classes =
    config.headType === "classification" ? `, num_classes ${config.head.numClasses}` : "";
  return `a ${config.headType} head with input_dim ${inputDim}, ${width}${classes}`;
}

function readTensor(source: TensorSource, name: string): HeadTensor {
  const array = source.read(name);
  const data = toFloat32(array, `${source.path}: ${quoted(name)}`);
  const bad = name === CLASS_WEIGHTS ? -1 : data.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) {
    throw new HeadConfigError(`${quoted(name)} holds a number that is not finite`, {
      file: source.path,
      found: `${data[bad]} at element ${bad}`,
      expected: "finite weights",
      remedy: "The training run diverged: use another checkpoint.",
    });
  }
  return { dtype: "float32", shape: array.shape, data };
}

/** Classes and bins may differ in number; what both have is used then. */
function binWarnings(config: HeadConfig, configFile: string): string[] {
  if (config.headType !== "classification" || !config.binEdges) return [];
  const bins = config.binEdges.length - 1;
  const { numClasses } = config.head;
  if (bins === numClasses) return [];
  const used = Math.min(bins, numClasses);
  return [
    `${configFile}: ${numClasses} classes but ${bins} bins; the first ${used} of both are used`,
  ];
}
