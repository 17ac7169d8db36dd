import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BinaryFile } from "../../src/checkpoints/binary-file";
import { elementCount } from "../../src/checkpoints/element-count";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import type { TensorSource } from "../../src/checkpoints/tensor-source";
import { readZipDirectory } from "../../src/checkpoints/zip-directory";
import { CheckpointError, HeadConfigError, ModelConfigError } from "../../src/errors";
import { loadHead } from "../../src/heads/load-head";
import { modelConfig } from "../../src/model/families/model-config";
import { type Mutation, mutate, mutations } from "../../tests/checkpoints/mutations";
import { torchZip, uint64 } from "../../tests/checkpoints/torch-file-bytes";
import { fixture } from "../../tests/golden";
import type { FuzzTarget, MakeBytes } from "./fuzz-target";
import { generatedConfigs, generatedHeaders, generatedIndexes } from "./generated-json";
import { generatedPickles } from "./generated-pickles";
import { generatedZips } from "./generated-zips";
import { tokenizerTargets } from "./tokenizer-targets";

/** A valid file with changes. */
type Change = (changes: readonly Mutation[]) => Uint8Array | Promise<Uint8Array>;

/** A larger file would only spend the time on copying it. */
const LARGEST_ORIGINAL = 200_000;

/** The end of a zip file: the central directory's entries and its end record. */
const DIRECTORY_ENTRY = Buffer.from("PK\x01\x02", "latin1");

/** Every target, always in the same order: valid files that are changed, and files that are made, in turn. */
export async function fuzzTargets(): Promise<FuzzTarget[]> {
  const changed = await changedFiles();
  const made = madeFiles();
  return changed.flatMap((target, i) => [target, made[i % made.length]]);
}

async function changedFiles(): Promise<FuzzTarget[]> {
  const targets: FuzzTarget[] = [];
  const add = (name: string, change: Change, isTorch: boolean) =>
    targets.push(
      tensorFile(name, isTorch ? "changed .pt" : "changed .safetensors", {
        files: mutations.map(
          (changes): MakeBytes =>
            () =>
              change(changes),
        ),
        valid: () => change([]),
      }),
    );
  for (const path of torchFiles()) {
    const bytes = readFileSync(path);
    const name = basename(path);
    add(`${name}: anywhere`, (changes) => mutate(bytes, changes), true);
    if (bytes[0] !== 0x50) continue;
    add(`${name}: zip directory`, zipDirectoryChange(bytes), true);
    add(`${name}: pickle`, await pickleChange(path), true);
  }
  for (const path of safetensorsFiles()) {
    const bytes = readFileSync(path);
    const name = join(basename(join(path, "..")), basename(path));
    if (bytes.length <= LARGEST_ORIGINAL) {
      add(`${name}: anywhere`, (changes) => mutate(bytes, changes), false);
    }
    add(`${name}: header`, headerChange(bytes), false);
  }
  return [...targets, ...configurations(), ...tokenizerTargets()];
}

function madeFiles(): FuzzTarget[] {
  const torchFile = () => readFileSync(fixture("golden-a", "torch-files", "zip.pt"));
  const safetensors = () => readFileSync(safetensorsFiles()[0]);
  const pickle = tensorFile("made pickle", "made pickle", {
    files: generatedPickles,
    valid: torchFile,
  });
  const zip = tensorFile("made zip", "made zip", { files: generatedZips, valid: torchFile });
  const header = tensorFile("made header", "made header", {
    files: generatedHeaders,
    valid: safetensors,
  });
  const configs = [
    ...modelFiles("made").map((target) => ({
      ...target,
      name: `made ${target.name}`,
      files: target.fileName === "config.json" ? generatedConfigs(target.path) : generatedIndexes,
    })),
    ...headFiles("made")
      .filter((_, i) => i % 3 === 0)
      .map((target) => ({
        ...target,
        name: `made ${target.name}`,
        files: generatedConfigs(target.path),
      })),
  ];
  // Pickles have the most ways to go wrong.
  return configs.flatMap((config) => [pickle, zip, pickle, header, pickle, config]);
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
  return [...headFiles("changed"), ...modelFiles("changed")];
}

interface JsonTarget extends FuzzTarget {
  /** The valid file. */
  readonly path: string;
}

function headFiles(how: string): JsonTarget[] {
  const heads = fixture("golden-a", "heads");
  return readdirSync(heads, { recursive: true, encoding: "utf8" })
    .filter((name) => basename(name) === "config.json")
    .sort()
    .map((name) => jsonFile(join(heads, name), `head ${name}`, `${how} head config`, loadHead));
}

/** A model's config.json and an index of shards. */
function modelFiles(how: string): JsonTarget[] {
  return ["base-model/config.json", "base-model-sharded/model.safetensors.index.json"].map((name) =>
    jsonFile(fixture("golden-a", name), name, `${how} ${basename(name)}`, readModel),
  );
}

async function readModel(folder: string): Promise<void> {
  const { config, tensors, files } = await openModelFolder(folder);
  try {
    modelConfig(config, files[0]);
  } finally {
    tensors.close();
  }
}

function jsonFile(path: string, name: string, kind: string, read: FuzzTarget["read"]): JsonTarget {
  const bytes = readFileSync(path);
  const folder = join(path, "..");
  return {
    name,
    kind,
    path,
    fileName: basename(path),
    beside: readdirSync(folder)
      .filter((other) => other !== basename(path))
      .map((other) => join(folder, other)),
    files: mutations.map(
      (changes): MakeBytes =>
        () =>
          mutate(bytes, changes),
    ),
    valid: () => bytes,
    read,
    errors: [HeadConfigError, ModelConfigError, CheckpointError],
  };
}

function tensorFile(
  name: string,
  kind: string,
  { files, valid }: Pick<FuzzTarget, "files" | "valid">,
): FuzzTarget {
  return {
    name,
    kind,
    fileName: "mutated",
    beside: [],
    files,
    valid,
    read: async (folder) => {
      for (const allTensors of [false, true]) {
        readAll(await openCheckpoint(join(folder, "mutated"), { allTensors }));
      }
    },
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

function zipDirectoryChange(bytes: Buffer): Change {
  const start = bytes.indexOf(DIRECTORY_ENTRY);
  const [before, directory] = [bytes.subarray(0, start), bytes.subarray(start)];
  return (changes) => Buffer.concat([before, mutate(directory, changes)]);
}

async function pickleChange(path: string): Promise<Change> {
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
function headerChange(bytes: Buffer): Change {
  const end = 8 + Number(bytes.readBigUInt64LE());
  const [header, data] = [bytes.subarray(8, end), bytes.subarray(end)];
  return (changes) => {
    const changed = mutate(header, changes);
    return Buffer.concat([uint64(changed.length), changed, data]);
  };
}
