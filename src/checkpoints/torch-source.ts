import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { checkBytes, checkReadBytes, type SummedBytes } from "./checksum";
import {
  DTYPE_BYTES,
  type Dtype,
  type FloatAllocator,
  MEMORY_BYTES,
  type TensorData,
} from "./dtypes";
import type { NamedArray } from "./named-array";
import { quoted, quotedList } from "./quoted";
import { gather, isContiguous } from "./strided-view";
import type { TensorInfo, TensorSource } from "./tensor-source";
import type { TextMap } from "./text-map";
import { type StorageRef, type StoredTensor, TensorView } from "./torch-tensors";
import { unreadableTensor } from "./unreadable-tensor";

/**
 * All tensors together may take so much memory. Tensors that share a storage, or repeat its elements, otherwise come to
 * any amount; two-byte numbers that are tied once come to four times the file.
 */
const MEMORY_PER_BYTE = 4;
const SPARE_MEMORY = 100_000_000;

/** Tensors of a `torch.save` file, whose storages stand somewhere in the same file. */
export class TorchSource implements TensorSource {
  readonly path: string;
  readonly names: readonly string[];
  readonly unreadable: ReadonlyMap<string, string>;
  private readonly views: ReadonlyMap<string, TensorView>;
  /** Storages whose checksum was found right. */
  private readonly checked = new WeakSet<SummedBytes>();

  /**
   * @param places - Where in the file each storage is. All its bytes are inside the file.
   * @throws CheckpointError if the tensors together are much larger than the file.
   */
  constructor(
    private readonly file: BinaryFile,
    tensors: ReadonlyMap<string, StoredTensor>,
    private readonly places: TextMap<SummedBytes>,
  ) {
    this.path = file.path;
    const all = [...tensors];
    this.views = new Map(
      all.flatMap(([name, tensor]) => (tensor instanceof TensorView ? [[name, tensor]] : [])),
    );
    this.names = [...this.views.keys()];
    this.unreadable = new Map(
      all.flatMap(([name, tensor]) => (tensor instanceof TensorView ? [] : [[name, tensor.kind]])),
    );
    const memory = [...this.views.values()].reduce((sum, view) => sum + memoryOf(view), 0);
    const most = SPARE_MEMORY + MEMORY_PER_BYTE * file.size;
    if (memory <= most) return;
    throw new CheckpointError("the tensors are much larger than the file: they share their bytes", {
      file: file.path,
      found: `${memory} bytes`,
      expected: `at most ${most}`,
      remedy: "Save clones of the tensors instead.",
    });
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.view(name);
    return { dtype, shape };
  }

  read(name: string, floats?: FloatAllocator): NamedArray {
    const { storage, dtype, byteOffset, shape, strides, count, extent } = this.view(name);
    const what = `tensor ${quoted(name)}`;
    const place = this.places.get(storage.key)!;
    const elements = (length: number, floats?: FloatAllocator) =>
      this.elements(place, dtype, byteOffset, length, what, floats);
    if (count === 0) {
      return { dtype, shape, data: this.file.readElements(dtype, 0, 0, 0, what) };
    }
    if (isContiguous(shape, strides)) return { dtype, shape, data: elements(count, floats) };
    const spanned = elements(extent);
    const data = this.file.withMemory(count * DTYPE_BYTES[dtype], what, () =>
      gather(spanned, shape, strides),
    );
    return { dtype, shape, data };
  }

  close(): void {
    this.file.close();
  }

  /** Elements that stand one after the other; the checksum of their storage is compared once. */
  private elements(
    place: SummedBytes,
    dtype: Dtype,
    byteOffset: number,
    count: number,
    what: string,
    floats?: FloatAllocator,
  ): TensorData {
    const byteLength = count * DTYPE_BYTES[dtype];
    const isAll = byteOffset === 0 && byteLength === place.size;
    const start = place.start + byteOffset;
    const isDone = this.checked.has(place);
    if (!isDone && !isAll) checkBytes(this.file, place, what);
    const check = (bytes: Uint8Array) => {
      if (!isDone && isAll) checkReadBytes(this.file, place, bytes, what);
    };
    const data = this.file.readElements(dtype, count, start, byteLength, what, { check, floats });
    this.checked.add(place);
    return data;
  }

  private view(name: string): TensorView {
    const view = this.views.get(name);
    if (view) return view;
    const kind = this.unreadable.get(name);
    if (kind !== undefined) throw unreadableTensor(this.path, name, kind);
    throw new CheckpointError(`there is no tensor ${quoted(name)}`, {
      file: this.path,
      found: quotedList(this.names),
    });
  }
}

/** Bytes that are in memory while a tensor is read. */
function memoryOf({ dtype, count, extent }: TensorView): number {
  return Math.max(count, extent) * MEMORY_BYTES[dtype];
}

/** Bytes of a storage in the file. */
export function storageBytes(storage: StorageRef): number {
  return storage.countInFile * storage.itemBytes;
}
