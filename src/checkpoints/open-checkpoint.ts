import { extname } from "node:path";
import { CheckpointError } from "../errors";
import { findAllTensors } from "./all-tensors";
import { BinaryFile } from "./binary-file";
import { quoted } from "./quoted";
import { withoutWrappers } from "./renamed-source";
import { openSafetensors } from "./safetensors-reader";
import { type FindTensors, findStateDict } from "./state-dict";
import type { TensorSource } from "./tensor-source";
import { readTorchLegacy } from "./torch-legacy-reader";
import { readTorchZip } from "./torch-zip-reader";
import { withReadable } from "./unreadable-tensor";

/** Enough to tell the formats apart; the mark of a tar file stands furthest back. */
const MAGIC_BYTES = 263;

/** Files that stand where weights are expected and are something else, by how they start. */
const OTHER_FILES: readonly (readonly [start: RegExp, what: string, remedy: string])[] = [
  [/^version https:\/\/git-lfs/, "a Git LFS pointer", "Fetch the file itself with git lfs pull."],
  [/^\s*<(!doctype|html)/i, "a web page", "The download went wrong: download the file again."],
  [/^GGUF/, "a GGUF file", "Convert it to safetensors."],
  [/^\x89HDF/, "an HDF5 file", "Convert it to safetensors."],
  [/^\x93NUMPY/, "a NumPy file", "Convert it to safetensors."],
  [
    /^.{257}ustar/s,
    "a tar file of PyTorch before 0.1.9",
    "Load it with PyTorch and save it again.",
  ],
];

export interface OpenCheckpointOptions {
  /** Take every tensor in the file, also where they are not a state dict: a bare one, lists, dictionaries by number. */
  readonly allTensors?: boolean;
}

/**
 * Opens a tensor file: `.pt`, `.pth` or `.bin` of any version of `torch.save`, or `.safetensors`. The format is told
 * by the file's first bytes. No code in the file is run.
 *
 * @returns The tensors; of a checkpoint, those of the state dict in it. What DataParallel, torch.compile and the like
 *   put into their names is left out. Close it when done.
 * @throws CheckpointError if the file is missing, damaged, big-endian, compressed or of another format; if its pickle
 *   asks for anything but tensors and plain values; if a limit is exceeded; if there is no state dict in it; or if all
 *   its tensors are of kinds that are not supported.
 * @example
 * const source = await openCheckpoint("models/neuron_l2_n52_20261122_120000/best_model/head.pt");
 * for (const name of source.names) console.log(name, source.info(name).shape);
 * const weight = source.read("output.weight");
 * source.close();
 */
export async function openCheckpoint(
  path: string,
  { allTensors = false }: OpenCheckpointOptions = {},
): Promise<TensorSource> {
  const source = await openTensorFile(path, allTensors ? findAllTensors : findStateDict);
  return withReadable(withoutWrappers(source));
}

/** The same with the names that stand in the file: of one of several files, which must be read in the same way. */
export async function openTensorFile(
  path: string,
  find: FindTensors = findStateDict,
): Promise<TensorSource> {
  const file = new BinaryFile(path);
  try {
    const start = file.readBytes(0, Math.min(file.size, MAGIC_BYTES), "the first bytes");
    // `{` after the header's length, whose low bytes can look like any other format's mark.
    if (start[8] === 0x7b || extname(path) === ".safetensors") {
      file.close();
      return openSafetensors(path);
    }
    // `PK`: a zip file.
    if (start[0] === 0x50 && start[1] === 0x4b) return await readTorchZip(file, find);
    // PROTO: a pickle.
    if (start[0] === 0x80) return readTorchLegacy(file, find);
    throw unknownFormat(path, start);
  } catch (error) {
    file.close();
    throw error;
  }
}

function unknownFormat(path: string, start: Uint8Array): CheckpointError {
  const text = Buffer.from(start).toString("latin1");
  const other = OTHER_FILES.find(([pattern]) => pattern.test(text));
  return new CheckpointError("this is not a file of tensors", {
    file: path,
    found:
      other?.[1] ??
      (text === "" ? "an empty file" : `a file that starts ${quoted(text.slice(0, 8))}`),
    expected: "a file of torch.save or a .safetensors file",
    remedy: other?.[2],
  });
}
