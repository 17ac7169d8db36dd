/** A class or function, by its module and name. */
export class GlobalName {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** `callee(...args)` when the pickle is read. */
export class Call {
  constructor(
    readonly callee: GlobalName,
    readonly args: readonly unknown[],
    /** Items to set on what the call gives: an OrderedDict's. */
    readonly items: ReadonlyMap<string, unknown> = new Map(),
  ) {}
}

/** What `persistent_load` is asked for when the pickle is read. */
export class PersistentId {
  constructor(readonly id: readonly unknown[]) {}
}

/** Integers up to this have four bytes with a sign; Python's pickler writes longer ones as LONG1. */
const LARGEST_BININT = 2 ** 31 - 1;

/** Memo indices from here on take four bytes. */
const FIRST_LONG_MEMO_INDEX = 256;

/**
 * A pickle of protocol 2, written as Python's pickler writes it: every text, tuple and global is memoised and used
 * again, which PyTorch's reader does not need but expects.
 *
 * @param value - `GlobalName`, `Call`, `PersistentId`, and plain null, boolean, counts, texts and arrays (tuples).
 */
export function pickle(value: unknown): Uint8Array {
  const writer = new PickleWriter();
  writer.write(value);
  return writer.finish();
}

class PickleWriter {
  private readonly bytes: number[] = [0x80, 2]; // PROTO 2
  private readonly memo = new Map<string | object, number>();
  private memoSize = 0;

  finish(): Uint8Array {
    this.bytes.push(0x2e); // STOP
    return Uint8Array.from(this.bytes);
  }

  write(value: unknown): void {
    if (value === null) this.bytes.push(0x4e);
    else if (typeof value === "boolean") this.bytes.push(value ? 0x88 : 0x89);
    else if (typeof value === "number") this.count(value);
    else if (typeof value === "string") this.text(value);
    else if (Array.isArray(value)) this.tuple(value);
    else if (value instanceof GlobalName) this.global(value);
    else if (value instanceof PersistentId) this.persistentId(value);
    else if (value instanceof Call) this.call(value);
    else throw new TypeError(`cannot pickle ${typeof value}`);
  }

  private count(value: number): void {
    if (value < 256)
      this.bytes.push(0x4b, value); // BININT1
    else if (value < 65_536)
      this.bytes.push(0x4d, ...littleEndian(value, 2)); // BININT2
    else if (value <= LARGEST_BININT)
      this.bytes.push(0x4a, ...littleEndian(value, 4)); // BININT
    else this.bytes.push(0x8a, 8, ...littleEndian(value, 8)); // LONG1
  }

  private text(value: string): void {
    if (this.recall(value)) return;
    const bytes = new TextEncoder().encode(value);
    this.bytes.push(0x58, ...littleEndian(bytes.length, 4)); // BINUNICODE
    for (const byte of bytes) this.bytes.push(byte);
    this.remember(value);
  }

  private tuple(values: readonly unknown[]): void {
    if (values.length === 0) {
      this.bytes.push(0x29); // EMPTY_TUPLE
      return;
    }
    if (values.length > 3) this.bytes.push(0x28); // MARK
    for (const value of values) this.write(value);
    this.bytes.push([0x85, 0x86, 0x87][values.length - 1] ?? 0x74); // TUPLE1, 2, 3 or TUPLE
    this.remember(values);
  }

  private global({ module, name }: GlobalName): void {
    const key = `\n${module}\n${name}`;
    if (this.recall(key)) return;
    this.bytes.push(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`)); // GLOBAL
    this.remember(key);
  }

  private persistentId({ id }: PersistentId): void {
    this.tuple(id);
    this.bytes.push(0x51); // BINPERSID
  }

  private call({ callee, args, items }: Call): void {
    this.global(callee);
    this.tuple(args);
    this.bytes.push(0x52); // REDUCE
    this.remember(items);
    if (items.size === 0) return;
    if (items.size > 1) this.bytes.push(0x28); // MARK
    for (const [key, value] of items) {
      this.text(key);
      this.write(value);
    }
    this.bytes.push(items.size > 1 ? 0x75 : 0x73); // SETITEMS or SETITEM
  }

  private remember(key: string | object): void {
    const index = this.memoSize++;
    this.memo.set(key, index);
    if (index < FIRST_LONG_MEMO_INDEX)
      this.bytes.push(0x71, index); // BINPUT
    else this.bytes.push(0x72, ...littleEndian(index, 4)); // LONG_BINPUT
  }

  private recall(key: string): boolean {
    const index = this.memo.get(key);
    if (index === undefined) return false;
    if (index < FIRST_LONG_MEMO_INDEX)
      this.bytes.push(0x68, index); // BINGET
    else this.bytes.push(0x6a, ...littleEndian(index, 4)); // LONG_BINGET
    return true;
  }
}

function littleEndian(value: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Math.floor(value / 256 ** i) % 256);
}
