import { CheckpointError } from "../errors";
import { encodeTensors } from "./checked-tensors";
import { DTYPES, SAFETENSORS_CODES } from "./dtypes";
import type { NamedArray } from "./named-array";
import { HEADER_START, LONGEST_HEADER, METADATA_KEY } from "./safetensors-reader";
import { writeCheckpoint } from "./write-checkpoint";

/** The first tensor starts at a multiple of this, so that every element is aligned. */
const ALIGNMENT = 8;

/**
 * Writes a `.safetensors` file, the same bytes for the same tensors: as the reference implementation, tensors stand
 * in order of element type (the longest first), then of name, and metadata by key.
 *
 * @param path - The file. It is replaced as a whole or not at all.
 * @param tensors - By name. float16 and bfloat16 arrays must hold such values exactly.
 * @param metadata - Texts about the file.
 * @throws CheckpointError if a tensor's data does not fit its shape or element type, or the file cannot be written.
 * @example
 * await writeSafetensors("w.safetensors", new Map([
 *   ["w", { dtype: "float32", shape: [2, 1], data: new Float32Array([1, 2]) }],
 * ]));
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, NamedArray>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const encoded = encodeTensors(path, tensors).sort(
    (a, b) => DTYPES.indexOf(a.dtype) - DTYPES.indexOf(b.dtype) || (a.name < b.name ? -1 : 1),
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    entries.push([METADATA_KEY, Object.fromEntries(Object.entries(metadata).sort(byKey))]);
  }
  let end = 0;
  for (const { name, dtype, shape, bytes } of encoded) {
    if (name === METADATA_KEY) {
      throw new CheckpointError(`a tensor cannot be named ${METADATA_KEY}`, { file: path });
    }
    const begin = end;
    end += bytes.length;
    entries.push([name, { dtype: SAFETENSORS_CODES[dtype], shape, data_offsets: [begin, end] }]);
  }
  const header = headerBytes(path, entries);
  await writeCheckpoint(path, (put) => {
    put(header);
    for (const { bytes } of encoded) put(bytes);
  });
}

/** The header with its length before it and spaces after it. */
function headerBytes(path: string, entries: readonly [string, unknown][]): Uint8Array {
  // An object would put names that are numbers first.
  const fields = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  if (length > LONGEST_HEADER) {
    throw new CheckpointError("there are too many tensors for one file", {
      file: path,
      found: `a header of ${length} bytes`,
      expected: `at most ${LONGEST_HEADER}`,
    });
  }
  const bytes = new Uint8Array(HEADER_START + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, HEADER_START);
  return bytes;
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}
