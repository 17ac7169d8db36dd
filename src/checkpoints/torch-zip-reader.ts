import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { ByteCursor } from "./byte-cursor";
import { unpickle } from "./pickle";
import { quoted } from "./quoted";
import type { FindTensors } from "./state-dict";
import type { TensorSource } from "./tensor-source";
import { storageBytes, TorchSource } from "./torch-source";
import { type StorageRef, torchWorld } from "./torch-tensors";
import { readZipDirectory, type ZipEntry } from "./zip-directory";

const PICKLE_ENTRY = "data.pkl";

/**
 * Reads a file of `torch.save` since PyTorch 1.6: a zip file with the entries `{archive}/data.pkl`,
 * `{archive}/data/{key}` for each storage and, since 2.1, `{archive}/byteorder`.
 *
 * @param find - Says which of the values in the file are its tensors.
 * @throws CheckpointError as `openCheckpoint`.
 */
export async function readTorchZip(file: BinaryFile, find: FindTensors): Promise<TensorSource> {
  const entries = await readZipDirectory(file);
  const archive = findArchive(file, entries);
  requireLittleEndian(file, entries.get(`${archive}byteorder`));

  const pickle = entries.get(archive + PICKLE_ENTRY) as ZipEntry;
  const cursor = new ByteCursor(file, PICKLE_ENTRY, pickle.start, pickle.start + pickle.size);
  const storages = new Map<string, StorageRef>();
  const root = unpickle(cursor, torchWorld(file.path, storages));

  const starts = new Map<string, number>();
  for (const storage of storages.values()) {
    starts.set(storage.key, storageStart(file, entries, archive, storage));
  }
  return new TorchSource(file, find(file.path, root), starts);
}

/** The folder in the zip file that everything is in, with its slash. */
function findArchive(file: BinaryFile, entries: ReadonlyMap<string, ZipEntry>): string {
  const names = [...entries.keys()];
  const pickles = names.filter((name) => name.split("/").slice(1).join("/") === PICKLE_ENTRY);
  if (names.some((name) => name.endsWith("/constants.pkl"))) {
    throw new CheckpointError("this is a TorchScript archive, which holds code", {
      file: file.path,
      remedy: "Save the module's state_dict() with torch.save.",
    });
  }
  requireStored(file, entries);
  if (pickles.length === 1) return pickles[0].slice(0, -PICKLE_ENTRY.length);
  throw new CheckpointError("this zip file was not written by torch.save", {
    file: file.path,
    found: `${pickles.length} entries named ${PICKLE_ENTRY} in a folder`,
    expected: "1",
    remedy: "Point to the .pt file itself.",
  });
}

function requireStored(file: BinaryFile, entries: ReadonlyMap<string, ZipEntry>): void {
  for (const [name, { compression }] of entries) {
    if (compression === null) continue;
    throw new CheckpointError(`zip entry ${quoted(name)} is compressed`, {
      file: file.path,
      found: compression,
      expected: "entries that are stored, as torch.save writes them",
      remedy: "Load the file with PyTorch and save it again.",
    });
  }
}

function requireLittleEndian(file: BinaryFile, entry: ZipEntry | undefined): void {
  if (!entry) return;
  const bytes = file.readBytes(entry.start, Math.min(entry.size, 16), "byteorder");
  const order = new TextDecoder().decode(bytes);
  if (order === "little") return;
  throw new CheckpointError("the file's byte order is not supported", {
    file: file.path,
    found: quoted(order),
    expected: '"little"',
    remedy: "Load it with PyTorch on a little-endian machine and save it again.",
  });
}

function storageStart(
  file: BinaryFile,
  entries: ReadonlyMap<string, ZipEntry>,
  archive: string,
  storage: StorageRef,
): number {
  const name = `${archive}data/${storage.key}`;
  const entry = entries.get(name);
  const size = storageBytes(storage);
  if (entry && entry.size >= size) return entry.start;
  throw new CheckpointError(`storage ${quoted(storage.key)} is missing or too short`, {
    file: file.path,
    found: entry ? `${entry.size} bytes` : `no zip entry ${quoted(name)}`,
    expected: `${size} bytes`,
    remedy: "The file is cut short or damaged: copy or download it again.",
  });
}
