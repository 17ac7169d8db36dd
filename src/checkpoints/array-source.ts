import { CheckpointError } from "../errors";
import type { NamedArray } from "./named-array";
import type { TensorSource } from "./tensor-source";

/** Arrays in memory, as a file of tensors would be read: what is read is a copy. */
export function arraySource(arrays: ReadonlyMap<string, NamedArray>, path: string): TensorSource {
  const info = (name: string): NamedArray => {
    const array = arrays.get(name);
    if (array) return array;
    throw new CheckpointError(`there is no tensor "${name}"`, { file: path });
  };
  const read = (name: string): NamedArray => {
    const array = info(name);
    return { ...array, data: array.data.slice() };
  };
  return { path, names: [...arrays.keys()], unreadable: new Map(), info, read, close() {} };
}
