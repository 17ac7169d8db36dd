import { CheckpointError, type ErrorDetails } from "../errors";
import { BinaryFile } from "./binary-file";
import {
  bitsOfUnreadCode,
  DTYPE_BYTES,
  dtypeOfSafetensorsCode,
  type FloatAllocator,
} from "./dtypes";
import { elementCount } from "./element-count";
import { duplicateKey, scanJson } from "./json-scan";
import { NameLimits } from "./name-limits";
import type { NamedArray } from "./named-array";
import { quoted, quotedList } from "./quoted";
import type { TensorInfo, TensorSource } from "./tensor-source";
import { unreadableTensor } from "./unreadable-tensor";

/** The file starts with the header's length, an unsigned 64-bit integer. */
export const HEADER_START = 8;

/** The reference implementation refuses longer headers (100 MB), which could not be parsed in reasonable memory. */
export const LONGEST_HEADER = 100_000_000;

/** The header, a tensor's description, its shape. */
const DEEPEST_HEADER = 3;

/** The header's key that holds texts about the file instead of a tensor. */
export const METADATA_KEY = "__metadata__";

const DAMAGED = "The file is damaged or not a safetensors file: copy or download it again.";

/** The bytes of a tensor in the file. */
interface Place {
  readonly start: number;
  readonly byteLength: number;
}

interface Placed extends Place, TensorInfo {
  readonly count: number;
}

/** A tensor whose elements are not read. */
interface Unread extends Place {
  /** Such as `F8_E4M3`. */
  readonly code: string;
}

/**
 * Opens a `.safetensors` file: reads and checks its header, and no tensor.
 *
 * @see https://github.com/huggingface/safetensors#format
 * @throws CheckpointError if the header is not what the format says: its length, JSON, keys, element types, shapes,
 *   or places in the file (outside it, overlapping, with holes).
 * @example
 * const source = openSafetensors("models/tiny-gpt2/model.safetensors");
 * const { shape, data } = source.read("transformer.wte.weight");
 * source.close();
 */
export function openSafetensors(path: string): TensorSource {
  const file = new BinaryFile(path);
  try {
    const tensors = [...readHeader(file)];
    return new SafetensorsSource(
      file,
      new Map(tensors.flatMap(([name, tensor]) => ("code" in tensor ? [] : [[name, tensor]]))),
      new Map(tensors.flatMap(([name, tensor]) => ("code" in tensor ? [[name, tensor.code]] : []))),
    );
  } catch (error) {
    file.close();
    throw error;
  }
}

class SafetensorsSource implements TensorSource {
  readonly path: string;
  readonly names: readonly string[];

  constructor(
    private readonly file: BinaryFile,
    private readonly tensors: ReadonlyMap<string, Placed>,
    readonly unreadable: ReadonlyMap<string, string>,
  ) {
    this.path = file.path;
    this.names = [...tensors.keys()];
  }

  info(name: string): TensorInfo {
    const { dtype, shape } = this.placed(name);
    return { dtype, shape };
  }

  read(name: string, floats?: FloatAllocator): NamedArray {
    const { dtype, shape, start, count, byteLength } = this.placed(name);
    const what = `tensor ${quoted(name)}`;
    const data = this.file.readElements(dtype, count, start, byteLength, what, { floats });
    return { dtype, shape, data };
  }

  close(): void {
    this.file.close();
  }

  private placed(name: string): Placed {
    const tensor = this.tensors.get(name);
    if (tensor) return tensor;
    const code = this.unreadable.get(name);
    if (code !== undefined) throw unreadableTensor(this.path, name, code);
    throw new CheckpointError(`there is no tensor ${quoted(name)}`, {
      file: this.path,
      found: quotedList(this.names),
    });
  }
}

function readHeader(file: BinaryFile): Map<string, Placed | Unread> {
  const length = headerLength(file);
  const header = parseHeader(file, file.readBytes(HEADER_START, length, "the header"));
  const dataStart = HEADER_START + length;
  const tensors = new Map<string, Placed | Unread>();
  const limits = new NameLimits(file.path);
  for (const name of Object.keys(header)) {
    const value = header[name];
    if (name === METADATA_KEY) checkMetadata(file, value);
    else {
      limits.check(name);
      tensors.set(name, placeTensor(file, name, value, dataStart));
    }
  }
  checkPlaces(file, tensors, dataStart);
  return tensors;
}

function headerLength(file: BinaryFile): number {
  const length = new DataView(
    file.readBytes(0, HEADER_START, "the header's length").buffer,
  ).getBigUint64(0, true);
  const most = Math.min(LONGEST_HEADER, file.size - HEADER_START);
  if (length <= most) return Number(length);
  throw new CheckpointError("the header is too long", {
    file: file.path,
    found: `${length} bytes`,
    expected: `at most ${most}`,
    remedy: DAMAGED,
  });
}

function parseHeader(file: BinaryFile, bytes: Uint8Array): Record<string, unknown> {
  const refuse = (what: string, details: ErrorDetails = {}) =>
    new CheckpointError(what, { file: file.path, remedy: DAMAGED, ...details });
  let text = "";
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const { depth, memory, mostMemory } = scanJson(text);
    if (depth > DEEPEST_HEADER) {
      throw refuse("the header is nested too deeply", {
        found: `${depth} levels`,
        expected: `at most ${DEEPEST_HEADER}`,
      });
    }
    if (memory > mostMemory) {
      throw refuse("the header has too many values for its size", {
        found: `about ${memory} bytes of memory`,
        expected: `at most ${mostMemory}`,
      });
    }
    const twice = duplicateKey(text);
    if (twice !== undefined) throw refuse(`the header names ${quoted(twice)} twice`);
    header = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause;
    const found = quoted(Buffer.from(bytes.subarray(0, 32)).toString("latin1"));
    throw refuse("the header is not JSON in UTF-8", { found, cause });
  }
  if (!isRecord(header) || !text.startsWith("{")) {
    throw refuse("the header is not a JSON object", { found: quoted(text.slice(0, 32)) });
  }
  return header;
}

function checkMetadata(file: BinaryFile, value: unknown): void {
  if (isRecord(value) && Object.keys(value).every((key) => typeof value[key] === "string")) return;
  throw new CheckpointError(`the header's ${METADATA_KEY} is not a map of texts`, {
    file: file.path,
    remedy: DAMAGED,
  });
}

function placeTensor(
  file: BinaryFile,
  name: string,
  value: unknown,
  dataStart: number,
): Placed | Unread {
  const refuse = (what: string, found: unknown, expected: string, remedy = DAMAGED) =>
    new CheckpointError(`tensor ${quoted(name)}: ${what}`, {
      file: file.path,
      found: shown(found),
      expected,
      remedy,
    });
  if (!isRecord(value)) throw refuse("its description is not an object", value, "an object");

  const code = typeof value.dtype === "string" ? value.dtype : "";
  const dtype = dtypeOfSafetensorsCode(code);
  const bits = dtype ? 8 * DTYPE_BYTES[dtype] : bitsOfUnreadCode(code);
  if (bits === undefined) {
    const expected = "F64, F32, F16, BF16, I64, I32, I16, I8, U8 or BOOL";
    throw refuse("its dtype is not supported", value.dtype, expected, "Save it as F32.");
  }
  const count = elementCount(value.shape);
  if (count === undefined)
    throw refuse("its shape is not a list of sizes", value.shape, "such as [2,3]");

  const offsets = value.data_offsets;
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw refuse("its data_offsets are not two integers", offsets, "[begin,end]");
  }
  const [begin, end] = offsets as [number, number];
  const dataSize = file.size - dataStart;
  if (begin < 0 || end < begin || end > dataSize) {
    throw refuse("its data_offsets lie outside the file", offsets, `within [0,${dataSize}]`);
  }
  const byteLength = (count * bits) / 8;
  if (end - begin !== byteLength) {
    const expected = `${byteLength} bytes for ${dtype ?? code} ${JSON.stringify(value.shape)}`;
    throw refuse("its bytes do not fit its shape", end - begin, expected);
  }
  if (!dtype) return { code, start: dataStart + begin, byteLength };
  return { dtype, shape: value.shape as number[], start: dataStart + begin, count, byteLength };
}

/** The tensors must fill the rest of the file, one after the other: no byte in two, no byte in none. */
function checkPlaces(
  file: BinaryFile,
  tensors: ReadonlyMap<string, Place>,
  dataStart: number,
): void {
  const inOrder = [...tensors].sort(
    ([, a], [, b]) => a.start - b.start || a.byteLength - b.byteLength,
  );
  let next = dataStart;
  for (const [name, { start, byteLength }] of inOrder) {
    if (start !== next) {
      const what = start < next ? "overlaps with another" : "leaves a hole before it";
      throw new CheckpointError(`tensor ${quoted(name)} ${what}`, {
        file: file.path,
        found: `its start at byte ${start}`,
        expected: `${next}`,
        remedy: DAMAGED,
      });
    }
    next += byteLength;
  }
  if (next === file.size) return;
  throw new CheckpointError("there are bytes after the last tensor", {
    file: file.path,
    found: `${file.size} bytes`,
    expected: `${next}`,
    remedy: DAMAGED,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? quoted(value) : quoted(JSON.stringify(value)).slice(1, -1);
}
