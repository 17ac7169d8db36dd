import { CheckpointError } from "../errors";
import { type Dtype, encodeElements, holdsDtype } from "./dtypes";
import { elementCount } from "./element-count";
import type { NamedArray } from "./named-array";
import { quoted } from "./quoted";

/** A tensor that is ready to be written. */
export interface EncodedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major little-endian elements. */
  readonly bytes: Uint8Array;
}

/**
 * Tensors as bytes, in the map's order.
 *
 * @param file - For errors.
 * @throws CheckpointError if a tensor's data does not fit its shape or element type.
 */
export function encodeTensors(
  file: string,
  tensors: ReadonlyMap<string, NamedArray>,
): EncodedTensor[] {
  return [...tensors].map(([name, { dtype, shape, data }]) => {
    const refuse = (what: string, found: string, expected: string) =>
      new CheckpointError(`tensor ${quoted(name)} ${what}`, { file, found, expected });
    const count = elementCount(shape);
    if (count !== data.length) {
      const expected = `${count ?? "a list of sizes"} for shape [${shape.join(", ")}]`;
      throw refuse("does not fit its shape", `${data.length} elements`, expected);
    }
    if (!holdsDtype(dtype, data)) {
      throw refuse("is in the wrong kind of array", data.constructor.name, `one for ${dtype}`);
    }
    const bytes = encodeElements(dtype, data);
    if (!bytes) {
      throw refuse(`has a value that is not a ${dtype}`, "more digits or range", `${dtype} values`);
    }
    return { name, dtype, shape, bytes };
  });
}
