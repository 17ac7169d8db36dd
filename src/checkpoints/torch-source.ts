import { CheckpointError } from "../errors";
import type { BinaryFile } from "./binary-file";
import { DTYPE_BYTES } from "./dtypes";
import type { NamedArray } from "./named-array";
import { quoted, quotedList } from "./quoted";
import { gather, isContiguous } from "./strided-view";
import type { TensorInfo, TensorSource } from "./tensor-source";
import { type StorageRef, type StoredTensor, TensorView } from "./torch-tensors";
import { unreadableTensor } from "./unreadable-tensor";

/** Tensors of a `torch.save` file, whose storages stand somewhere in the same file. */
export class TorchSource implements TensorSource {
  readonly path: string;
  readonly names: readonly string[];
  readonly unreadable: ReadonlyMap<string, string>;
  private readonly views: ReadonlyMap<string, TensorView>;

  /**
   * @param storageStarts - Where in the file each storage's first byte is. All its bytes are inside the file.
   */
  constructor(
    private readonly file: BinaryFile,
    tensors: ReadonlyMap<string, StoredTensor>,
    private readonly storageStarts: ReadonlyMap<string, number>,
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
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.view(name);
    return { dtype, shape };
  }

  read(name: string): NamedArray {
    const { storage, dtype, byteOffset, shape, strides, count } = this.view(name);
    const what = `tensor ${quoted(name)}`;
    const start = (this.storageStarts.get(storage.key) ?? 0) + byteOffset;
    const elements = (length: number) =>
      this.file.readElements(dtype, length, start, length * DTYPE_BYTES[dtype], what);
    if (count === 0) {
      return { dtype, shape, data: this.file.readElements(dtype, 0, 0, 0, what) };
    }
    if (isContiguous(shape, strides)) return { dtype, shape, data: elements(count) };
    const extent = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 1);
    const spanned = elements(extent);
    const data = this.file.withMemory(count * DTYPE_BYTES[dtype], what, () =>
      gather(spanned, shape, strides),
    );
    return { dtype, shape, data };
  }

  close(): void {
    this.file.close();
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

/** Bytes of a storage in the file. */
export function storageBytes(storage: StorageRef): number {
  return storage.countInFile * storage.itemBytes;
}
