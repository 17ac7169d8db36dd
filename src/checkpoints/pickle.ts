import { CheckpointError } from "../errors";
import type { ByteCursor } from "./byte-cursor";
import { quoted } from "./quoted";

/** Protocols of Python 2.3 to today. Protocols 0 and 1 were never PyTorch's. */
const OLDEST_PROTOCOL = 2;
const NEWEST_PROTOCOL = 5;

/**
 * A tensor takes about 50 opcodes; the largest GPT-2's training state has 3,000 tensors. Each may leave a value on the
 * stack, so this bounds the stack at about 60 MB and the time at half a second.
 */
const MOST_OPCODES = 2_000_000;

/** A tensor takes about 8. An opcode of one byte makes an object of up to 200 bytes, so this bounds memory at 20 MB. */
const MOST_CONTAINERS = 100_000;

/** A tensor takes about 12, of up to 80 bytes each. */
const MOST_MEMO_ENTRIES = 300_000;

/** Open containers; Python's own pickler stops at a depth of about 500. */
const DEEPEST_NESTING = 1_000;

/** Module and function names are one line each. */
const LONGEST_NAME = 1_000;

/** PyTorch's magic number takes 10 bytes; sizes and strides take 8. */
const LONGEST_INTEGER = 16;

/** A Python list; a tuple is a plain array. */
export class PickleList {
  readonly items: unknown[] = [];
}

/** A class or function that the pickle names and that is on the allow-list. */
export class PickleGlobal {
  /**
   * @param name - Such as `torch._utils._rebuild_tensor_v2`.
   * @param call - What calling it does; `undefined` for a name that is only a value, such as `torch.float32`.
   */
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}
}

/** What a pickle may refer to outside itself. */
export interface PickleWorld {
  /** The allow-list: a global by its full name, or `undefined` to refuse it. */
  findGlobal(name: string): PickleGlobal | undefined;
  /** What a persistent id stands for. */
  persistent(id: unknown): unknown;
}

/**
 * Runs one pickle without running any Python: a stack machine that can build numbers, texts, lists, tuples, sets and
 * dictionaries, and what the allow-list of `world` makes. Everything else is refused by name.
 *
 * Python's values become: `None` null, `int` number (bigint from 2⁵³ on), `bytes` Uint8Array, `list` PickleList,
 * `tuple` array, `dict` Map, `set` Set.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the opcodes
 * @param cursor - Stands on the first byte; afterwards behind the last one.
 * @throws CheckpointError if the pickle is damaged, exceeds a limit, or asks for something not on the allow-list.
 */
export function unpickle(cursor: ByteCursor, world: PickleWorld): unknown {
  const machine = new PickleMachine(cursor, world);
  return machine.run();
}

class PickleMachine {
  stack: unknown[] = [];
  /** Heights of the stack where a MARK was set. */
  readonly marks: number[] = [];
  readonly memo = new Map<number, unknown>();
  private containers = 0;
  private opcodeStart = 0;

  constructor(
    readonly cursor: ByteCursor,
    readonly world: PickleWorld,
  ) {}

  run(): unknown {
    for (let count = 0; ; count++) {
      this.opcodeStart = this.cursor.position;
      if (count === MOST_OPCODES) throw this.limit("opcodes", MOST_OPCODES);
      const code = this.cursor.byte();
      if (code === STOP) return this.pop();
      const opcode = OPCODES[code];
      if (!opcode) throw this.unknownOpcode(code);
      opcode(this);
    }
  }

  pop(): unknown {
    const floor = this.marks.at(-1) ?? 0;
    if (this.stack.length <= floor) throw this.damaged("takes a value from an empty stack");
    return this.stack.pop();
  }

  /** Drops the value on top, or the mark if that is on top. */
  discard(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop();
    else this.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  /** Pushes a new container, counting it. */
  pushNew(container: object): void {
    if (++this.containers > MOST_CONTAINERS) throw this.limit("containers", MOST_CONTAINERS);
    this.stack.push(container);
  }

  mark(): void {
    if (this.marks.length === DEEPEST_NESTING) throw this.limit("open marks", DEEPEST_NESTING);
    this.marks.push(this.stack.length);
  }

  /** The values above the last mark, which is removed with them. */
  popToMark(): unknown[] {
    const height = this.marks.pop();
    if (height === undefined) throw this.damaged("looks for a mark where there is none");
    return this.stack.splice(height);
  }

  remember(index: number): void {
    if (this.memo.size >= MOST_MEMO_ENTRIES) throw this.limit("memo entries", MOST_MEMO_ENTRIES);
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.memo.has(index))
      throw this.damaged(`recalls memo entry ${index}, which was never set`);
    this.push(this.memo.get(index));
  }

  text(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.damaged("has a text that is not UTF-8");
    }
  }

  integer(bytes: Uint8Array): number | bigint {
    if (bytes.length > LONGEST_INTEGER) throw this.limit("bytes in an integer", LONGEST_INTEGER);
    let value = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]);
    const signed = BigInt.asIntN(8 * bytes.length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }

  global(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") {
      throw this.damaged("names a global by something that is not a text");
    }
    const fullName = `${module}.${name}`;
    const found = this.world.findGlobal(fullName);
    if (!found) throw this.refused(fullName);
    this.push(found);
  }

  /** Calls a global: `REDUCE` and `NEWOBJ`. */
  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PickleGlobal)) throw this.damaged(`calls ${kindOf(callee)}`);
    if (!callee.call || !Array.isArray(args)) throw this.refused(`${callee.name}(${kindOf(args)})`);
    const result = callee.call(args);
    if (typeof result === "object" && result !== null) this.pushNew(result);
    else this.push(result);
  }

  /** Sets attributes of an object. State dicts carry version numbers this way, which are of no use here. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof Map)) throw this.refused(`attributes of ${kindOf(target)}`);
  }

  append(values: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof PickleList)) throw this.damaged(`appends to ${kindOf(target)}`);
    for (const value of values) target.items.push(value);
  }

  add(values: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Set)) throw this.damaged(`adds to ${kindOf(target)}`);
    for (const value of values) target.add(value);
  }

  setItems(keysAndValues: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof Map)) throw this.damaged(`sets a key of ${kindOf(target)}`);
    if (keysAndValues.length % 2 !== 0) throw this.damaged("sets a key without a value");
    for (let i = 0; i < keysAndValues.length; i += 2) {
      target.set(keysAndValues[i], keysAndValues[i + 1]);
    }
  }

  tuple(length: number): void {
    const values = Array.from({ length }, () => this.pop()).reverse();
    this.pushNew(values);
  }

  protocol(): void {
    const protocol = this.cursor.byte();
    if (protocol < OLDEST_PROTOCOL || protocol > NEWEST_PROTOCOL) {
      throw new CheckpointError("the pickle's protocol is not supported", {
        file: this.cursor.file.path,
        found: `${protocol}`,
        expected: `${OLDEST_PROTOCOL} to ${NEWEST_PROTOCOL}`,
        remedy: "Save the file with torch.save and its default protocol.",
      });
    }
  }

  refused(what: string): CheckpointError {
    return new CheckpointError(`the pickle asks for ${quoted(what)}, which is refused`, {
      file: this.cursor.file.path,
      found: `that at byte ${this.opcodeStart}`,
      expected: "tensors, numbers, texts, lists and dictionaries only",
      remedy: "Nothing was run. If you trust the file, save only its state_dict() with torch.save.",
    });
  }

  private unknownOpcode(code: number): CheckpointError {
    const name = REFUSED_OPCODES[code];
    if (name) return this.refused(name);
    return this.damaged(`has an unknown opcode 0x${code.toString(16).padStart(2, "0")}`);
  }

  private damaged(what: string): CheckpointError {
    return new CheckpointError(`${this.cursor.what} is damaged: it ${what}`, {
      file: this.cursor.file.path,
      found: `that at byte ${this.opcodeStart}`,
      remedy: "Copy or download the file again.",
    });
  }

  private limit(what: string, most: number): CheckpointError {
    return new CheckpointError(`${this.cursor.what} has too many ${what}`, {
      file: this.cursor.file.path,
      found: `more at byte ${this.opcodeStart}`,
      expected: `at most ${most}`,
      remedy: "Save only the state_dict() with torch.save.",
    });
  }
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const STOP = 0x2e;

type Opcode = (machine: PickleMachine) => void;

/** What can be run. Names and meanings as in Python's pickletools. */
const OPCODES: Readonly<Record<number, Opcode>> = {
  128: (m) => m.protocol(), // PROTO
  149: (m) => m.cursor.take(8), // FRAME: only a hint for reading ahead

  // Values.
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.cursor.unsigned(4) | 0), // BININT
  75: (m) => m.push(m.cursor.unsigned(1)), // BININT1
  77: (m) => m.push(m.cursor.unsigned(2)), // BININT2
  138: (m) => m.push(m.integer(m.cursor.take(m.cursor.unsigned(1)))), // LONG1
  139: (m) => m.push(m.integer(m.cursor.take(m.cursor.unsigned(4)))), // LONG4
  71: (m) => m.push(float64(m.cursor.take(8))), // BINFLOAT
  88: (m) => m.push(m.text(m.cursor.take(m.cursor.unsigned(4)))), // BINUNICODE
  140: (m) => m.push(m.text(m.cursor.take(m.cursor.unsigned(1)))), // SHORT_BINUNICODE
  141: (m) => m.push(m.text(m.cursor.take(m.cursor.unsigned(8)))), // BINUNICODE8
  84: (m) => m.push(m.text(m.cursor.take(m.cursor.unsigned(4)))), // BINSTRING: Python 2's str
  85: (m) => m.push(m.text(m.cursor.take(m.cursor.unsigned(1)))), // SHORT_BINSTRING
  66: (m) => m.pushNew(m.cursor.take(m.cursor.unsigned(4)).slice()), // BINBYTES
  67: (m) => m.pushNew(m.cursor.take(m.cursor.unsigned(1)).slice()), // SHORT_BINBYTES
  142: (m) => m.pushNew(m.cursor.take(m.cursor.unsigned(8)).slice()), // BINBYTES8
  150: (m) => m.pushNew(m.cursor.take(m.cursor.unsigned(8)).slice()), // BYTEARRAY8

  // Containers.
  93: (m) => m.pushNew(new PickleList()), // EMPTY_LIST
  97: (m) => m.append([m.pop()]), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS
  125: (m) => m.pushNew(new Map()), // EMPTY_DICT
  115: (m) => m.setItems([m.pop(), m.pop()].reverse()), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS
  143: (m) => m.pushNew(new Set()), // EMPTY_SET
  144: (m) => m.add(m.popToMark()), // ADDITEMS
  145: (m) => m.pushNew(new Set(m.popToMark())), // FROZENSET
  41: (m) => m.tuple(0), // EMPTY_TUPLE
  133: (m) => m.tuple(1), // TUPLE1
  134: (m) => m.tuple(2), // TUPLE2
  135: (m) => m.tuple(3), // TUPLE3
  116: (m) => m.pushNew(m.popToMark()), // TUPLE

  // The stack and the memo.
  40: (m) => m.mark(), // MARK
  48: (m) => m.discard(), // POP
  49: (m) => m.popToMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  113: (m) => m.remember(m.cursor.unsigned(1)), // BINPUT
  114: (m) => m.remember(m.cursor.unsigned(4)), // LONG_BINPUT
  148: (m) => m.remember(m.memo.size), // MEMOIZE
  104: (m) => m.recall(m.cursor.unsigned(1)), // BINGET
  106: (m) => m.recall(m.cursor.unsigned(4)), // LONG_BINGET

  // The world outside, through the allow-list.
  99: (m) => m.global(m.text(m.cursor.line(LONGEST_NAME)), m.text(m.cursor.line(LONGEST_NAME))), // GLOBAL
  147: (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown])), // STACK_GLOBAL
  82: (m) => m.call(), // REDUCE
  129: (m) => m.call(), // NEWOBJ
  98: (m) => m.build(), // BUILD
  81: (m) => m.push(m.world.persistent(m.pop())), // BINPERSID
};

/** Opcodes that Python knows and that have no place in a file of tensors. */
const REFUSED_OPCODES: Readonly<Record<number, string>> = {
  105: "opcode INST",
  111: "opcode OBJ",
  146: "opcode NEWOBJ_EX",
  130: "opcode EXT1 (extension registry)",
  131: "opcode EXT2 (extension registry)",
  132: "opcode EXT4 (extension registry)",
  151: "opcode NEXT_BUFFER (out-of-band buffer)",
  152: "opcode READONLY_BUFFER (out-of-band buffer)",
  73: "opcode INT of protocol 0",
  76: "opcode LONG of protocol 0",
  70: "opcode FLOAT of protocol 0",
  83: "opcode STRING of protocol 0",
  86: "opcode UNICODE of protocol 0",
  80: "opcode PERSID of protocol 0",
  100: "opcode DICT of protocol 0",
  108: "opcode LIST of protocol 0",
  112: "opcode PUT of protocol 0",
  103: "opcode GET of protocol 0",
};

function float64(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, false);
}

/** What a value is, in Python's words. */
export function kindOf(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "string") return "a text";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  if (typeof value === "boolean") return "a truth value";
  if (value instanceof PickleGlobal) return value.name;
  if (value instanceof PickleList) return "a list";
  if (Array.isArray(value)) return "a tuple";
  if (value instanceof Map) return "a dictionary";
  if (value instanceof Set) return "a set";
  if (value instanceof Uint8Array) return "bytes";
  return "a tensor or storage";
}
