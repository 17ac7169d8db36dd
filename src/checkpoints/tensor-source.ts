import type { Dtype, FloatAllocator } from "./dtypes";
import type { NamedArray } from "./named-array";

/** What is known about a tensor without reading it. */
export interface TensorInfo {
  readonly dtype: Dtype;
  /** Sizes of the axes; empty for a scalar. */
  readonly shape: readonly number[];
}

/**
 * Tensors in a file or in several, read one at a time.
 *
 * Only names, types and shapes are held; `read` reads from the disk each time. Close it when done.
 */
export interface TensorSource {
  /** The file, or the folder or index of several files. */
  readonly path: string;
  /** Names in the order of the file. */
  readonly names: readonly string[];
  /** Tensors that are there and of a kind that tslens does not read: name → what it is, such as `torch.uint16`. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** @throws CheckpointError if there is no such tensor, or it is of a kind that is not supported. */
  info(name: string): TensorInfo;
  /**
   * Reads one tensor. Its array owns exactly its bytes, unless `floats` gave it its memory.
   *
   * @param floats - Asked for the memory of elements that are float32, or widened to it. Where they have to be
   *   rearranged, or come from memory, the source takes its own.
   * @throws CheckpointError if there is no such tensor, it is of a kind that is not supported, the source is closed, or
   *   the file has changed.
   */
  read(name: string, floats?: FloatAllocator): NamedArray;
  /** Closes the file. Closing twice does nothing. */
  close(): void;
}
