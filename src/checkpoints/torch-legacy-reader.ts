import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { ByteCursor } from "./byte-cursor";
import type { SummedBytes } from "./checksum";
import { kindOf, PickleDict, PickleList, type PickleWorld, shownValue, unpickle } from "./pickle";
import { quoted } from "./quoted";
import { ReadingBudget } from "./reading-budget";
import type { FindTensors } from "./state-dict";
import type { TensorSource } from "./tensor-source";
import { TextMap } from "./text-map";
import { storageBytes, TorchSource } from "./torch-source";
import { type StorageRef, torchWorld } from "./torch-tensors";

/** PyTorch's magic number and version of this format. */
const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/** Before each storage's bytes stands its number of elements, 64 bits. */
const COUNT_BYTES = 8;

/** The pickles before the tensors hold plain values only. */
const PLAIN_WORLD: PickleWorld = {
  findGlobal: () => undefined,
  persistent: () => undefined,
};

/**
 * Reads a file of `torch.save` before PyTorch 1.6, or with `_use_new_zipfile_serialization=False`: pickles one after
 * the other (magic number, version, system, the object, the storages' keys), then the storages in the keys' order.
 *
 * @param find - Says which of the values in the file are its tensors.
 * @throws CheckpointError as `openCheckpoint`.
 */
export function readTorchLegacy(file: BinaryFile, find: FindTensors): TensorSource {
  const cursor = new ByteCursor(file, "the pickle", 0, file.size);
  const budget = new ReadingBudget(file.path, "the pickle", file.size);
  checkPreamble(file, cursor, budget);
  const storages = new TextMap<StorageRef>();
  const root = unpickle(cursor, torchWorld(file.path, storages, budget), budget);
  const tensors = find(file.path, root);
  return new TorchSource(file, tensors, storagePlaces(file, cursor, storages, budget));
}

function checkPreamble(file: BinaryFile, cursor: ByteCursor, budget: ReadingBudget): void {
  const magic = unpickle(cursor, PLAIN_WORLD, budget);
  if (magic !== MAGIC_NUMBER) {
    throw new CheckpointError("this pickle was not written by torch.save", {
      file: file.path,
      found: kindOf(magic),
      expected: "PyTorch's magic number first",
      remedy: "Save head.state_dict() with torch.save.",
    });
  }
  const version = unpickle(cursor, PLAIN_WORLD, budget);
  if (version !== PROTOCOL_VERSION) {
    throw new CheckpointError("this version of PyTorch's old format is not supported", {
      file: file.path,
      found: shownValue(version),
      expected: `${PROTOCOL_VERSION}`,
    });
  }
  const system = unpickle(cursor, PLAIN_WORLD, budget);
  if (!(system instanceof PickleDict) || system.get("little_endian") !== true) {
    throw new CheckpointError("the file's byte order is not supported", {
      file: file.path,
      found: system instanceof PickleDict ? "big-endian" : kindOf(system),
      expected: "little-endian",
      remedy: "Load it with PyTorch on a little-endian machine and save it again.",
    });
  }
}

function storagePlaces(
  file: BinaryFile,
  cursor: ByteCursor,
  storages: TextMap<StorageRef>,
  budget: ReadingBudget,
): TextMap<SummedBytes> {
  const keys = unpickle(cursor, PLAIN_WORLD, budget);
  const places = new TextMap<SummedBytes>();
  for (const key of keys instanceof PickleList ? keys.items : []) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (!storage || places.has(storage.key)) {
      const which = typeof key === "string" ? quoted(key) : kindOf(key);
      throw new CheckpointError(`the list of storages names ${which} twice or without a tensor`, {
        file: file.path,
        remedy: "The file is damaged, or was not written by torch.save.",
      });
    }
    const count = cursor.unsigned(COUNT_BYTES);
    const size = storageBytes(storage);
    const end = cursor.position + size;
    if (count !== storage.countInFile || end > file.size) {
      throw new CheckpointError(`storage ${quoted(storage.key)} is not as it was announced`, {
        file: file.path,
        found: `${count} elements from byte ${cursor.position} in ${file.size} bytes`,
        expected: `${storage.countInFile} elements, ${size} bytes`,
        remedy: "The file is cut short or damaged: copy or download it again.",
      });
    }
    places.set(storage.key, { start: cursor.position, size, checksum: null });
    cursor.position = end;
  }
  const missing = storages.keys().find((key) => !places.has(key));
  if (missing === undefined) return places;
  throw new CheckpointError(`storage ${quoted(missing)} is not in the list of storages`, {
    file: file.path,
    remedy: "The file is damaged, or was not written by torch.save.",
  });
}
