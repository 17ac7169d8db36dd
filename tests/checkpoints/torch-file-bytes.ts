import { ZipFile } from "yazl";

/** Bytes given as texts (one byte per character), numbers and lists of them. */
export type Bytes = string | number | Uint8Array | readonly Bytes[];

export function bytesOf(...parts: readonly Bytes[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === "string") return Buffer.from(part, "latin1");
      if (typeof part === "number") return Buffer.from([part]);
      return part instanceof Uint8Array ? part : bytesOf(...part);
    }),
  );
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function uint64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

/** A zip file of these entries. */
export async function zipOf(
  entries: Readonly<Record<string, Uint8Array | string>>,
  compress = false,
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) {
    zip.addBuffer(Buffer.from(content), name, { compress });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A .pt file with this pickle and these storages. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = {},
): Promise<Buffer> {
  const data = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes]);
  return zipOf({
    "archive/data.pkl": pickle,
    "archive/byteorder": "little",
    ...Object.fromEntries(data),
    "archive/version": "3\n",
  });
}

const PROTO = [0x80, 2];
const STOP = ".";

/** A pickle of protocol 2 with these opcodes. */
export function pickleOf(...opcodes: readonly Bytes[]): Buffer {
  return bytesOf(PROTO, ...opcodes, STOP);
}

/** Opcodes for a text. */
export function text(value: string): Bytes {
  const bytes = Buffer.from(value, "utf8");
  return ["X", uint32(bytes.length), bytes];
}

/** Opcodes for a number of 4 bytes, with a sign. */
export function int(value: number): Bytes {
  return ["J", uint32(value >>> 0)];
}

/** Opcodes for a tuple of these. */
export function tuple(...items: readonly Bytes[]): Bytes {
  return ["(", ...items, "t"];
}

/** Opcodes for a global. */
export function global(module: string, name: string): Bytes {
  return `c${module}\n${name}\n`;
}

/** Opcodes for a dictionary of these. */
export function dict(items: Readonly<Record<string, Bytes>>): Bytes {
  return ["}(", ...Object.entries(items).flatMap(([key, value]) => [text(key), value]), "u"];
}

/** What a tensor is described by in a pickle. */
export interface TensorOpcodes {
  storageClass?: Bytes;
  key?: string;
  storageCount?: Bytes;
  device?: string;
  offset?: Bytes;
  shape?: Bytes;
  strides?: Bytes;
  rebuild?: Bytes;
  more?: readonly Bytes[];
}

/** Opcodes for a tensor; without options two float32 numbers from storage "0" of two. */
export function tensor(options: TensorOpcodes = {}): Bytes {
  const {
    storageClass = global("torch", "FloatStorage"),
    key = "0",
    storageCount = int(2),
    device = "cpu",
    offset = int(0),
    shape = tuple(int(2)),
    strides = tuple(int(1)),
    rebuild = global("torch._utils", "_rebuild_tensor_v2"),
    more = [],
  } = options;
  const id = tuple(text("storage"), storageClass, text(key), text(device), storageCount);
  return [rebuild, tuple([id, "Q"], offset, shape, strides, 0x89, "N", ...more), "R"];
}
