import { CheckpointError } from "../errors";
import type { ByteCursor } from "./byte-cursor";
import { quoted } from "./quoted";
import type { ReadingBudget } from "./reading-budget";
import { TextMap } from "./text-map";

/** Protocols of Python 2.3 to today. Protocols 0 and 1 were never PyTorch's. */
const OLDEST_PROTOCOL = 2;
const NEWEST_PROTOCOL = 5;

/** What values take in V8, in bytes: an empty list or dictionary with room for a few items, a tuple, an item, a
 * dictionary's key when it is looked up … */
const LIST_BYTES = 220;
const TUPLE_BYTES = 64;
const SLOT_BYTES = 16;
const KEY_BYTES = 160;
const OBJECT_BYTES = 120;
const TEXT_BYTES = 32;
const NUMBER_BYTES = 16;

/** Open containers; Python's own pickler stops at a depth of about 500. */
const DEEPEST_NESTING = 1_000;

/** Module and function names are one line each. */
const LONGEST_NAME = 1_000;

/** PyTorch's magic number takes 10 bytes, sizes and strides 8, a state of NumPy's generators 17. */
const LONGEST_INTEGER = 255;

/** A text is hashed where it is a key; a step is about this many of its characters. */
const HASHED_PER_STEP = 32;

/** Such as a configuration or a log that was saved beside tensors. */
const LONGEST_TEXT = 100_000_000;

/** Of a number in an error. */
const MOST_DIGITS = 25;

/** Picklers number memo entries from 0 or 1 on; a higher number would only make an empty table long. */
const SPARE_MEMO_ENTRIES = 1_000;

/** A Python list; a tuple is a plain array. */
export class PickleList {
  readonly items: unknown[] = [];
}

/**
 * A Python dictionary. It keeps what was set in order and hashes nothing until it is asked: whoever writes a file can
 * choose numbers with one hash.
 */
export class PickleDict {
  private readonly keysAndValues: unknown[] = [];

  /** @param budget - What hashing its keys is counted in: one long text can be a key again and again. */
  constructor(private readonly budget: ReadingBudget) {}

  get size(): number {
    return this.keysAndValues.length / 2;
  }

  set(key: unknown, value: unknown): void {
    this.budget.work(stepsToHash(key));
    this.keysAndValues.push(key, value);
  }

  /** The value of a text key, found by looking at all keys. */
  get(key: string): unknown {
    const { keysAndValues } = this;
    for (let i = keysAndValues.length - 2; i >= 0; i -= 2) {
      if (keysAndValues[i] === key) return keysAndValues[i + 1];
    }
    return undefined;
  }

  keys(): unknown[] {
    return this.keysAndValues.filter((_, i) => i % 2 === 0);
  }

  /** Keys and values in order; of a text key that was set again only the last value, in the first one's place. */
  *[Symbol.iterator](): Generator<[key: unknown, value: unknown]> {
    const { keysAndValues } = this;
    const texts = new TextMap<{ value: unknown; isDone: boolean }>();
    for (let i = 0; i < keysAndValues.length; i += 2) {
      const key = keysAndValues[i];
      if (typeof key === "string") texts.set(key, { value: keysAndValues[i + 1], isDone: false });
    }
    for (let i = 0; i < keysAndValues.length; i += 2) {
      const key = keysAndValues[i];
      const text = typeof key === "string" ? texts.get(key) : undefined;
      if (text?.isDone) continue;
      yield [key, text ? text.value : keysAndValues[i + 1]];
      if (text) text.isDone = true;
    }
  }
}

/** A Python set, with its members as they were added. */
export class PickleSet {
  readonly items: unknown[] = [];
}

/** Python's bytes, which nobody needs. */
export class PickleBytes {}

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
 * Python's values become: `None` null, `int` number (bigint from 2⁵³ on), `list` PickleList, `tuple` array,
 * `dict` PickleDict, `set` PickleSet, `bytes` PickleBytes.
 *
 * @see https://github.com/python/cpython/blob/main/Lib/pickletools.py for the opcodes
 * @param cursor - Stands on the first byte; afterwards behind the last one.
 * @param budget - What the pickle may cost, whatever its parts are.
 * @throws CheckpointError if the pickle is damaged, exceeds a limit or the budget, or asks for something not on the
 *   allow-list.
 */
export function unpickle(cursor: ByteCursor, world: PickleWorld, budget: ReadingBudget): unknown {
  const machine = new PickleMachine(cursor, world, budget);
  return machine.run();
}

class PickleMachine {
  private readonly stack: unknown[] = [];
  private highestStack = 0;
  /** Heights of the stack where a MARK was set. */
  private readonly marks: number[] = [];
  private readonly memo: unknown[] = [];
  private memoSize = 0;
  private opcodes = 0;
  private opcodeStart = 0;

  constructor(
    readonly cursor: ByteCursor,
    readonly world: PickleWorld,
    readonly budget: ReadingBudget,
  ) {}

  run(): unknown {
    for (; ; this.opcodes++) {
      this.opcodeStart = this.cursor.position;
      this.budget.work(1);
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
    if (this.stack.length <= this.highestStack) return;
    this.highestStack = this.stack.length;
    this.budget.hold(SLOT_BYTES);
  }

  /** Pushes a value that takes so many bytes. */
  pushNew(value: unknown, bytes: number): void {
    this.budget.hold(bytes);
    this.push(value);
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
    if (index > this.opcodes + SPARE_MEMO_ENTRIES) {
      throw this.damaged(`has a memo entry ${index} after ${this.opcodes} opcodes`);
    }
    const more = index + 1 - this.memo.length;
    if (more > 0) this.budget.hold(more * SLOT_BYTES);
    if (this.memo[index] === undefined) this.memoSize++;
    this.memo[index] = this.top();
  }

  memoize(): void {
    this.remember(this.memoSize);
  }

  recall(index: number): void {
    const value = this.memo[index];
    if (value === undefined) throw this.damaged(`recalls memo entry ${index}, which was never set`);
    this.push(value);
  }

  text(length: number): void {
    this.cursor.requireMore(length);
    if (length > LONGEST_TEXT) throw this.limit("bytes in a text", LONGEST_TEXT);
    const text = this.decoded(this.cursor.take(length));
    this.pushNew(text, TEXT_BYTES + 2 * text.length);
  }

  decoded(bytes: Uint8Array): string {
    try {
      return UTF8.decode(bytes);
    } catch {
      throw this.damaged("has a text that is not UTF-8");
    }
  }

  bytes(length: number): void {
    this.cursor.skip(length);
    this.push(BYTES);
  }

  integer(length: number): void {
    if (length > LONGEST_INTEGER) throw this.limit("bytes in an integer", LONGEST_INTEGER);
    const bytes = this.cursor.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value * 256n + BigInt(bytes[i]);
    const signed = BigInt.asIntN(8 * length, value);
    const number = Number(signed);
    this.pushNew(Number.isSafeInteger(number) ? number : signed, NUMBER_BYTES + 2 * length);
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
    for (const arg of args) this.copied(sizeOf(arg));
    this.pushNew(callee.call(args), OBJECT_BYTES);
  }

  persistent(): void {
    this.pushNew(this.world.persistent(this.pop()), OBJECT_BYTES);
  }

  /** Sets attributes of an object. State dicts carry version numbers this way, which are of no use here. */
  build(): void {
    this.pop();
    const target = this.top();
    if (!(target instanceof PickleDict)) throw this.refused(`attributes of ${kindOf(target)}`);
  }

  append(values: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof PickleList)) throw this.damaged(`appends to ${kindOf(target)}`);
    this.copied(values.length);
    for (const value of values) target.items.push(value);
  }

  add(values: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof PickleSet)) throw this.damaged(`adds to ${kindOf(target)}`);
    this.copied(values.length);
    for (const value of values) target.items.push(value);
  }

  frozenSet(): void {
    const members = this.popToMark();
    this.pushNew(new PickleSet(), LIST_BYTES);
    this.add(members);
  }

  setItems(keysAndValues: readonly unknown[]): void {
    const target = this.top();
    if (!(target instanceof PickleDict)) throw this.damaged(`sets a key of ${kindOf(target)}`);
    if (keysAndValues.length % 2 !== 0) throw this.damaged("sets a key without a value");
    this.copied(keysAndValues.length);
    this.budget.hold((keysAndValues.length / 2) * KEY_BYTES);
    for (let i = 0; i < keysAndValues.length; i += 2) {
      target.set(keysAndValues[i], keysAndValues[i + 1]);
    }
  }

  tuple(values: readonly unknown[]): void {
    this.copied(values.length);
    this.pushNew(values, TUPLE_BYTES);
  }

  /** The last values, of which there must be so many. */
  popSome(count: number): unknown[] {
    const values = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.pop();
    return values;
  }

  /** Counts values that are put into a container. */
  private copied(count: number): void {
    this.budget.work(count);
    this.budget.hold(SLOT_BYTES * count);
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

/** There need not be more than one. */
const BYTES = new PickleBytes();

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
  138: (m) => m.integer(m.cursor.unsigned(1)), // LONG1
  139: (m) => m.integer(m.cursor.unsigned(4)), // LONG4
  71: (m) => m.pushNew(float64(m.cursor.take(8)), NUMBER_BYTES), // BINFLOAT
  88: (m) => m.text(m.cursor.unsigned(4)), // BINUNICODE
  140: (m) => m.text(m.cursor.unsigned(1)), // SHORT_BINUNICODE
  141: (m) => m.text(m.cursor.unsigned(8)), // BINUNICODE8
  84: (m) => m.text(m.cursor.unsigned(4)), // BINSTRING: Python 2's str
  85: (m) => m.text(m.cursor.unsigned(1)), // SHORT_BINSTRING
  66: (m) => m.bytes(m.cursor.unsigned(4)), // BINBYTES
  67: (m) => m.bytes(m.cursor.unsigned(1)), // SHORT_BINBYTES
  142: (m) => m.bytes(m.cursor.unsigned(8)), // BINBYTES8
  150: (m) => m.bytes(m.cursor.unsigned(8)), // BYTEARRAY8

  // Containers.
  93: (m) => m.pushNew(new PickleList(), LIST_BYTES), // EMPTY_LIST
  97: (m) => m.append([m.pop()]), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS
  125: (m) => m.pushNew(new PickleDict(m.budget), LIST_BYTES), // EMPTY_DICT
  115: (m) => m.setItems(m.popSome(2)), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS
  143: (m) => m.pushNew(new PickleSet(), LIST_BYTES), // EMPTY_SET
  144: (m) => m.add(m.popToMark()), // ADDITEMS
  145: (m) => m.frozenSet(), // FROZENSET
  41: (m) => m.tuple([]), // EMPTY_TUPLE
  133: (m) => m.tuple(m.popSome(1)), // TUPLE1
  134: (m) => m.tuple(m.popSome(2)), // TUPLE2
  135: (m) => m.tuple(m.popSome(3)), // TUPLE3
  116: (m) => m.tuple(m.popToMark()), // TUPLE

  // The stack and the memo.
  40: (m) => m.mark(), // MARK
  48: (m) => m.discard(), // POP
  49: (m) => m.popToMark(), // POP_MARK
  50: (m) => m.push(m.top()), // DUP
  113: (m) => m.remember(m.cursor.unsigned(1)), // BINPUT
  114: (m) => m.remember(m.cursor.unsigned(4)), // LONG_BINPUT
  148: (m) => m.memoize(), // MEMOIZE
  104: (m) => m.recall(m.cursor.unsigned(1)), // BINGET
  106: (m) => m.recall(m.cursor.unsigned(4)), // LONG_BINGET

  // The world outside, through the allow-list.
  99: (m) =>
    m.global(m.decoded(m.cursor.line(LONGEST_NAME)), m.decoded(m.cursor.line(LONGEST_NAME))), // GLOBAL
  147: (m) => m.global(...(m.popSome(2) as [unknown, unknown])), // STACK_GLOBAL
  82: (m) => m.call(), // REDUCE
  129: (m) => m.call(), // NEWOBJ
  98: (m) => m.build(), // BUILD
  81: (m) => m.persistent(), // BINPERSID
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

/** Work for hashing a key, if that is a text. */
export function stepsToHash(key: unknown): number {
  return typeof key === "string" ? Math.floor(key.length / HASHED_PER_STEP) : 0;
}

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
  if (value instanceof PickleDict) return "a dictionary";
  if (value instanceof PickleSet) return "a set";
  if (value instanceof PickleBytes) return "bytes";
  return "a tensor or storage";
}

/** A value in an error: a number in digits, a short text quoted, of anything else what it is. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value !== "number" && typeof value !== "bigint") return kindOf(value);
  const digits = String(value);
  return digits.length > MOST_DIGITS ? kindOf(value) : digits;
}

/** How many items a container has that a function may look at. */
function sizeOf(value: unknown): number {
  if (value instanceof PickleList) return value.items.length;
  return Array.isArray(value) ? value.length : 1;
}
