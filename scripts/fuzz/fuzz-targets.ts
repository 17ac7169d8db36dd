import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BinaryFile } from "../../src/checkpoints/binary-file";
import { elementCount } from "../../src/checkpoints/element-count";
import { readJsonFile } from "../../src/checkpoints/json-file";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import type { TensorSource } from "../../src/checkpoints/tensor-source";
import { readZipDirectory } from "../../src/checkpoints/zip-directory";
import {
  CheckpointError,
  HeadConfigError,
  ModelConfigError,
  type TslensError,
} from "../../src/errors";
import { parseHeadConfig } from "../../src/heads/head-config";
import { gpt2Config } from "../../src/model/config";
import { type Mutation, mutate } from "../../tests/checkpoints/mutations";
import { torchZip, uint64 } from "../../tests/checkpoints/torch-file-bytes";
import { fixture } from "../../tests/golden";

/** A valid file, a way to change it, and the reader that must survive the result. */
export interface FuzzTarget {
  /** Such as `zip.pt: pickle`. */
  readonly name: string;
  /** The name that the changed file must have for its reader. */
  readonly fileName: string;
  change(changes: readonly Mutation[]): Uint8Array | Promise<Uint8Array>;
  /** Valid files that must lie beside it. */
  readonly beside: readonly string[];
  /** Reads the file of that name in the folder, all of it. */
  read(folder: string): unknown;
  /** What the reader may throw. */
  readonly errors: readonly (new (
    what: string,
  ) => TslensError)[];
}

/** The folder that a target is changed in: one of its own if other files must lie beside it. */
export function targetFolder(folder: string, { beside, name }: FuzzTarget): string {
  return beside.length === 0 ? folder : join(folder, name.replaceAll("/", "_"));
}

/** Where a target's changed file lies. */
export function changedFile(folder: string, target: FuzzTarget): string {
  return join(targetFolder(folder, target), target.fileName);
}

/** A larger file would only spend the time on copying it. */
const LARGEST_ORIGINAL = 200_000;

/** The end of a zip file: the central directory's entries and its end record. */
const DIRECTORY_ENTRY = Buffer.from("PK\x01\x02", "latin1");

/** Every target, always in the same order. */
export async function fuzzTargets(): Promise<FuzzTarget[]> {
  const targets: FuzzTarget[] = [];
  for (const path of torchFiles()) {
    const bytes = readFileSync(path);
    const name = basename(path);
    targets.push(tensorFile(`${name}: anywhere`, (changes) => mutate(bytes, changes)));
    if (bytes[0] !== 0x50) continue;
    targets.push(tensorFile(`${name}: zip directory`, zipDirectoryChange(bytes)));
    targets.push(tensorFile(`${name}: pickle`, await pickleChange(path)));
  }
  for (const path of safetensorsFiles()) {
    const bytes = readFileSync(path);
    const name = join(basename(join(path, "..")), basename(path));
    if (bytes.length <= LARGEST_ORIGINAL) {
      targets.push(tensorFile(`${name}: anywhere`, (changes) => mutate(bytes, changes)));
    }
    targets.push(tensorFile(`${name}: header`, headerChange(bytes)));
  }
  return [...targets, ...configurations()];
}

function torchFiles(): string[] {
  return [fixture("golden-a", "torch-files"), fixture("torch-files")]
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".pt"))
    .sort();
}

function safetensorsFiles(): string[] {
  return readdirSync(fixture("golden-a"), { recursive: true, encoding: "utf8" })
    .filter((name) => /^base-model.*\.safetensors$/.test(name))
    .map((name) => fixture("golden-a", name))
    .sort()
    .slice(0, 3);
}

function configurations(): FuzzTarget[] {
  const heads = fixture("golden-a", "heads");
  const headConfigs = readdirSync(heads, { recursive: true, encoding: "utf8" })
    .filter((name) => basename(name) === "config.json")
    .sort()
    .map((name) =>
      jsonFile(join(heads, name), `head ${name}`, [], HeadConfigError, (folder) => {
        const file = join(folder, "config.json");
        parseHeadConfig(readJsonFile(file, HeadConfigError), file);
      }),
    );
  const inModelFolder = (folder: string, fileName: string) => {
    const path = fixture("golden-a", folder);
    const beside = readdirSync(path)
      .filter((name) => name !== fileName)
      .map((name) => join(path, name));
    return jsonFile(
      join(path, fileName),
      `${folder}/${fileName}`,
      beside,
      ModelConfigError,
      readModel,
    );
  };
  return [
    ...headConfigs,
    inModelFolder("base-model", "config.json"),
    inModelFolder("base-model-sharded", "model.safetensors.index.json"),
  ];
}

async function readModel(folder: string): Promise<void> {
  const { config, tensors, files } = await openModelFolder(folder);
  try {
    gpt2Config(config, files[0]);
  } finally {
    tensors.close();
  }
}

function jsonFile(
  path: string,
  name: string,
  beside: readonly string[],
  error: typeof HeadConfigError | typeof ModelConfigError,
  read: FuzzTarget["read"],
): FuzzTarget {
  const bytes = readFileSync(path);
  return {
    name,
    fileName: basename(path),
    beside,
    change: (changes) => mutate(bytes, changes),
    read,
    errors: beside.length > 0 ? [error, CheckpointError] : [error],
  };
}

function tensorFile(name: string, change: FuzzTarget["change"]): FuzzTarget {
  return {
    name,
    fileName: "mutated",
    beside: [],
    change,
    read: async (folder) => readAll(await openCheckpoint(join(folder, "mutated"))),
    errors: [CheckpointError],
  };
}

/** A read is correct as far as can be told: every tensor has as many elements as its shape says. */
function readAll(source: TensorSource): void {
  try {
    for (const name of source.names) {
      const { shape, data } = source.read(name);
      assert.equal(data.length, elementCount(shape));
    }
  } finally {
    source.close();
  }
}

function zipDirectoryChange(bytes: Buffer): FuzzTarget["change"] {
  const start = bytes.indexOf(DIRECTORY_ENTRY);
  const [before, directory] = [bytes.subarray(0, start), bytes.subarray(start)];
  return (changes) => Buffer.concat([before, mutate(directory, changes)]);
}

async function pickleChange(path: string): Promise<FuzzTarget["change"]> {
  const file = new BinaryFile(path);
  const entries = [...(await readZipDirectory(file))].map(([name, { start, size }]) => {
    return [name.split("/").slice(1).join("/"), file.readBytes(start, size, name)] as const;
  });
  file.close();
  const pickle = entries.find(([name]) => name === "data.pkl")![1];
  const storages = entries
    .filter(([name]) => name.startsWith("data/"))
    .map(([name, content]) => [name.slice("data/".length), content]);
  return (changes) => torchZip(mutate(pickle, changes), Object.fromEntries(storages));
}

/** The header's length is made right again, so that the changes get past it. */
function headerChange(bytes: Buffer): FuzzTarget["change"] {
  const end = 8 + Number(bytes.readBigUInt64LE());
  const [header, data] = [bytes.subarray(8, end), bytes.subarray(end)];
  return (changes) => {
    const changed = mutate(header, changes);
    return Buffer.concat([uint64(changed.length), changed, data]);
  };
}
