import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { CheckpointError } from "../errors";
import type { WriteBytes } from "../files/atomic-write";
import { type EncodedTensor, encodeTensors } from "./checked-tensors";
import { DTYPE_BYTES, TORCH_STORAGE_CLASSES } from "./dtypes";
import type { NamedArray } from "./named-array";
import { Call, GlobalName, PersistentId, pickle } from "./pickle-writer";
import { writeCheckpoint } from "./write-checkpoint";

/** The folder in the zip file that everything is in. PyTorch writes this name where it knows no file name. */
const ARCHIVE = "archive";

/** Version of PyTorch's zip format; 1.6 to 2.x read it. */
const FORMAT_VERSION = "3\n";

/**
 * The date of every entry. Zip stores local time, so this is noon of the same day wherever it is written, and the
 * bytes do not depend on the time zone.
 */
const ENTRY_DATE = new Date(1980, 0, 1, 12);

const ORDERED_DICT = new GlobalName("collections", "OrderedDict");
const REBUILD_TENSOR = new GlobalName("torch._utils", "_rebuild_tensor_v2");

/**
 * Writes a state dict as `torch.save(state_dict, path)` does, so that PyTorch from 1.6 on opens it, from 1.13 on with
 * `weights_only=True`. The same tensors in the same order give the same bytes.
 *
 * @param path - The file. It is replaced as a whole or not at all.
 * @param tensors - By name, in the order of the state dict; may be empty. float16 and bfloat16 arrays must hold such
 *   values exactly.
 * @throws CheckpointError if a tensor's data does not fit its shape or element type, or the file cannot be written.
 * @example
 * await writeStateDict("head.pt", new Map([
 *   ["output.bias", { dtype: "float32", shape: [1], data: new Float32Array([0.5]) }],
 * ]));
 */
export async function writeStateDict(
  path: string,
  tensors: ReadonlyMap<string, NamedArray>,
): Promise<void> {
  const encoded = encodeTensors(path, tensors);
  const entries: [string, Uint8Array][] = [
    ["data.pkl", pickle(stateDict(encoded))],
    ["byteorder", new TextEncoder().encode("little")],
    ...encoded.map(({ bytes }, key): [string, Uint8Array] => [`data/${key}`, bytes]),
    ["version", new TextEncoder().encode(FORMAT_VERSION)],
  ];
  const zip = new ZipFile();
  for (const [name, bytes] of entries) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    try {
      zip.addBuffer(buffer, `${ARCHIVE}/${name}`, {
        mtime: ENTRY_DATE,
        forceDosTimestamp: true,
        compress: false,
        mode: 0o100644,
      });
    } catch (cause) {
      throw new CheckpointError(`zip entry ${name} cannot be written`, {
        file: path,
        found: (cause as Error).message,
        cause,
      });
    }
  }
  zip.end();
  await writeCheckpoint(path, (put) => pipeline(zip.outputStream, writable(put)));
}

function writable(put: WriteBytes): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        put(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

function stateDict(tensors: readonly EncodedTensor[]): Call {
  const items = new Map(tensors.map((tensor, key) => [tensor.name, rebuilt(tensor, key)]));
  return new Call(ORDERED_DICT, [], items);
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`. */
function rebuilt({ dtype, shape, bytes }: EncodedTensor, key: number): Call {
  const storageClass = new GlobalName("torch", TORCH_STORAGE_CLASSES[dtype]);
  const count = bytes.length / DTYPE_BYTES[dtype];
  const storage = new PersistentId(["storage", storageClass, `${key}`, "cpu", count]);
  const hooks = new Call(ORDERED_DICT, []);
  return new Call(REBUILD_TENSOR, [storage, 0, shape, contiguousStrides(shape), false, hooks]);
}

/** PyTorch's strides of a row-major tensor: an axis of length 0 counts as 1. */
function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= Math.max(shape[axis], 1);
  }
  return strides;
}
