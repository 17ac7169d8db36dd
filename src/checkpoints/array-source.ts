import { CheckpointError } from "../errors";
import type { NamedArray } from "./named-array";
import type { TensorSource } from "./tensor-source";

/** Arrays in memory, as a file of tensors would be read. */
export function arraySource(arrays: ReadonlyMap<string, NamedArray>, path: string): TensorSource {
  const read = (name: string): NamedArray => {
    const array = arrays.get(name);
    if (array) return array;
    throw new CheckpointError(`there is no tensor "${name}"`, { file: path });
  };
  return { path, names: [...arrays.keys()], unreadable: new Map(), info: read, read, close() {} };
}
