import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { ByteCursor } from "./byte-cursor";
import { checkBytes } from "./checksum";
import { unpickle } from "./pickle";
import { quoted } from "./quoted";
import { ReadingBudget } from "./reading-budget";
import type { FindTensors } from "./state-dict";
import type { TensorSource } from "./tensor-source";
import { TextMap } from "./text-map";
import { storageBytes, TorchSource } from "./torch-source";
import { type StorageRef, torchWorld } from "./torch-tensors";
import { readZipDirectory, type ZipEntry } from "./zip-directory";

const PICKLE_ENTRY = "data.pkl";
const BYTE_ORDER_ENTRY = "byteorder";

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
  requireLittleEndian(file, entries.get(archive + BYTE_ORDER_ENTRY));

  const pickle = entries.get(archive + PICKLE_ENTRY) as ZipEntry;
  checkBytes(file, pickle, PICKLE_ENTRY);
  const cursor = new ByteCursor(file, PICKLE_ENTRY, pickle.start, pickle.start + pickle.size);
  const budget = new ReadingBudget(file.path, PICKLE_ENTRY, pickle.size);
  const storages = new TextMap<StorageRef>();
  const root = unpickle(cursor, torchWorld(file.path, storages, budget), budget);

  const places = new TextMap<ZipEntry>();
  for (const storage of storages.values()) {
    places.set(storage.key, storageEntry(file, entries, archive, storage));
  }
  return new TorchSource(file, find(file.path, root), places);
}

/** The folder in the zip file that everything is in, with its slash. */
function findArchive(file: BinaryFile, entries: TextMap<ZipEntry>): string {
  const names = entries.keys();
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

function requireStored(file: BinaryFile, entries: TextMap<ZipEntry>): void {
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
  checkBytes(file, entry, BYTE_ORDER_ENTRY);
  const bytes = file.readBytes(entry.start, Math.min(entry.size, 16), BYTE_ORDER_ENTRY);
  const order = new TextDecoder().decode(bytes);
  if (order === "little") return;
  throw new CheckpointError("the file's byte order is not supported", {
    file: file.path,
    found: quoted(order),
    expected: '"little"',
    remedy: "Load it with PyTorch on a little-endian machine and save it again.",
  });
}

function storageEntry(
  file: BinaryFile,
  entries: TextMap<ZipEntry>,
  archive: string,
  storage: StorageRef,
): ZipEntry {
  const name = `${archive}data/${storage.key}`;
  const entry = entries.get(name);
  const size = storageBytes(storage);
  if (entry && entry.size >= size) return entry;
  throw new CheckpointError(`storage ${quoted(storage.key)} is missing or too short`, {
    file: file.path,
    found: entry ? `${entry.size} bytes` : `no zip entry ${quoted(name)}`,
    expected: `${size} bytes`,
    remedy: "The file is cut short or damaged: copy or download it again.",
  });
}
