/** Pickles that ask for much more than their size, whole or as parts of a .pt file. */
import {
  type Bytes,
  bytesOf,
  global,
  int,
  pickleOf,
  text,
  tuple,
  uint32,
} from "./torch-file-bytes";

/** A pickle, and the storages that it needs. */
export interface HostilePickle {
  readonly pickle: Buffer;
  readonly storages: Readonly<Record<string, Uint8Array>>;
}

const FLOATS_4 = new Uint8Array(16);
const PUT = (index: number): Bytes => ["r", uint32(index)];
const GET = (index: number): Bytes => ["j", uint32(index)];
const POP = "0";

/** A storage of so many float32 numbers. */
const storage = (count: number): Bytes => [
  tuple(text("storage"), global("torch", "FloatStorage"), text("0"), text("cpu"), int(count)),
  "Q",
];
const whole = (count: number, shape: Bytes, strides: Bytes): Bytes => [
  global("torch._utils", "_rebuild_tensor_v2"),
  tuple(storage(count), int(0), shape, strides, 0x89, "N"),
  "R",
];
const W = ["}", text("w"), whole(4, tuple(int(4)), tuple(int(1))), "s"];

function pickle(...opcodes: readonly Bytes[]): HostilePickle {
  return { pickle: pickleOf(...opcodes), storages: { "0": FLOATS_4 } };
}

/** As many of one part as fill this size, between others, and then a state dict with the tensor `w`. */
function filled(size: number, unit: Bytes, before: Bytes = "", after: Bytes = ""): HostilePickle {
  return pickle(before, repeated(size, unit), after, W);
}

function repeated(size: number, unit: Bytes): Buffer {
  const bytes = bytesOf(unit);
  return Buffer.alloc(Math.floor(size / bytes.length) * bytes.length, bytes);
}

/** A value that holds itself twice, 40 levels deep: 2⁴⁰ parts. */
export const LAUGHS: Bytes = [
  "K\x01",
  PUT(5),
  POP,
  GET(5),
  ...new Array(40).fill([POP, GET(5), GET(5), 0x86, PUT(5)]),
];

/** So many state dict entries with these names, all the one tensor. */
function named(names: readonly string[], value: Bytes, storages = { "0": FLOATS_4 }) {
  const entries = names.map((name) => [text(name), GET(9)]);
  return { pickle: pickleOf(value, PUT(9), POP, "}(", entries, "u"), storages };
}

const count = (size: number, each: number) => Math.floor(size / each);
const numbered = (n: number) => Array.from({ length: n }, (_, i) => `w${i}`);

/** Integers as texts whose hashes agree in their low bits, before Node 20.20.2, 22.22.2 and 24.14.1. */
function collidingNumbers(n: number): string[] {
  return Array.from({ length: Math.min(n, 65_000) }, (_, i) => `${i * 65_536 + 5}`);
}

/**
 * Floats with one hash in V8's tables of numbers (`ComputeLongHash` of their bits): every step of that function can be
 * gone backwards, from results that agree in their low 30 bits.
 */
export function collidingFloats(n: number): number[] {
  const wrap = (value: bigint) => BigInt.asUintN(64, value);
  const inverse = (odd: bigint) => {
    let found = odd;
    for (let i = 0; i < 6; i++) found = wrap(found * (2n - odd * found));
    return found;
  };
  const unshifted = (value: bigint, shift: bigint) => {
    let found = value;
    for (let done = shift; done < 64n; done += shift) found = value ^ (found >> shift);
    return found;
  };
  const view = new DataView(new ArrayBuffer(8));
  const floats: number[] = [];
  for (let i = 1n; floats.length < n; i++) {
    let bits = unshifted(wrap(i << 30n), 22n);
    bits = unshifted(wrap(bits * inverse(65n)), 11n);
    bits = unshifted(wrap(bits * inverse(21n)), 31n);
    bits = wrap((bits + 1n) * inverse(wrap((1n << 18n) - 1n)));
    view.setBigUint64(0, bits);
    const float = view.getFloat64(0);
    if (Number.isFinite(float)) floats.push(float);
  }
  return floats;
}

function binFloat(value: number): Buffer {
  const bytes = Buffer.alloc(9, "G");
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

const MANY_PAIRS: Bytes = ["](", new Array(10_000).fill(["K\x01", "N", 0x86]), "e"];
const ORDERED_DICT = global("collections", "OrderedDict");
const REBUILD = global("torch._utils", "_rebuild_tensor_v2");
const arguments64 = tuple(
  storage(4),
  int(0),
  tuple(...new Array(64).fill(int(1))),
  tuple(...new Array(64).fill(int(1))),
  0x89,
  "N",
);

/** Every kind, as a pickle of about so many bytes. */
export const HOSTILE_PICKLES: Readonly<Record<string, (size: number) => HostilePickle>> = {
  // Many small values.
  nones: (size) => filled(size, "N"),
  dictionaries: (size) => filled(size, "}"),
  "dictionaries that are dropped": (size) => filled(size, "}0"),
  lists: (size) => filled(size, "]"),
  sets: (size) => filled(size, [0x8f]),
  tuples: (size) => filled(size, ")"),
  "lists of one": (size) => filled(size, "]Na"),
  "sets of one": (size) => filled(size, [0x8f, "(N", 0x90]),
  "dictionaries of one": (size) => filled(size, "}NNs"),
  "tuples of one": (size) => filled(size, ["N", 0x85]),
  "empty texts": (size) => filled(size, [0x8c, 0]),
  "short texts": (size) => filled(size, [0x8c, 1, "a"]),
  "texts that are not Latin": (size) => filled(size, [0x8c, 4, "\xf0\x9f\x98\x80"]),
  bytes: (size) => filled(size, "C\0"),
  floats: (size) => filled(size, binFloat(1.5)),
  "integers of 255 bytes": (size) => filled(size, [0x8a, 255, new Uint8Array(255).fill(127)]),
  globals: (size) => filled(size, global("torch", "FloatStorage")),
  duplicates: (size) => filled(size, "2", "N"),
  "a list of integers": (size) => filled(size, "K\x01", "](", "e0"),
  "a set of integers": (size) => filled(size, "K\x01", [0x8f, "("], [0x90, "0"]),

  // Deep and round.
  "a deep tuple": (size) => filled(size, [0x85], "N"),
  "deep lists": (size) => filled(size, nested("](", "e")),
  "deep dictionaries": (size) => filled(size, nested("}(N", "u")),
  "a list that holds itself": (size) => filled(size, [GET(0), "a"], ["]", PUT(0)]),
  "a dictionary that holds itself": (size) =>
    filled(size, [text("model"), GET(0), "s"], ["}", PUT(0)], "0"),
  laughs: () => pickle(LAUGHS, W),
  "laughs in lists": () => pickle(laughsIn("](", "e"), W),
  "laughs in sets": () => pickle(laughsIn([0x8f, "("], [0x90]), W),

  // Keys.
  "a key of laughs": () => pickle("}", LAUGHS, "Ns"),
  "a deep key": (size) => pickle("}", "N", repeated(size, [0x85]), "Ns"),
  "keys that collide": (size) => {
    const keys = collidingFloats(count(4 * size, 10)).map((key) => [binFloat(key), "N"]);
    return pickle("}(", keys, text("w"), whole(4, tuple(int(4)), tuple(int(1))), "u");
  },
  "names that collide": (size) => named(collidingNumbers(count(size, 16)), tensor4()),
  "storages that collide": (size) => {
    const keys = collidingNumbers(count(size, 100)).map((key) => [storageNamed(key), POP]);
    return pickle(keys, W);
  },
  "tuples of huge numbers as keys": (size) =>
    filled(
      2 * size,
      [GET(3), GET(2)],
      [
        [[0x8a, 250, new Uint8Array(250).fill(127)], PUT(1), POP, tensor4(), PUT(2), POP],
        [tuple(...new Array(8).fill(GET(1))), PUT(3), POP, "}("],
      ],
      "u0",
    ),
  "a long key in many dictionaries": (size) =>
    filled(size, ["}", GET(0), "Ns"], [text("k".repeat(size)), PUT(0), POP, "]("], "e0"),
  "a key of 15,999 characters again and again": (size) =>
    filled(
      4 * size,
      [GET(0), "N"],
      [text("k".repeat(15_999)), PUT(0), POP, "}("],
      [text("t"), tensor4(), "u0"],
    ),
  "a long key in many OrderedDicts": (size) =>
    filled(
      size,
      [GET(0), GET(1), 0x85, "R"],
      [ORDERED_DICT, PUT(0), POP, "]", text("k".repeat(size)), "N", 0x86, "a", PUT(1), POP, "]("],
      "e0",
    ),
  "a storage with a long key": (size) =>
    filled(4 * size, [GET(0), "Q0"], [storageId("k".repeat(15_999)), PUT(0), POP]),
  "long names": (size) =>
    named(
      Array.from({ length: count(size, 16_410) }, (_, i) => "x".repeat(16_400) + (10_000 + i)),
      tensor4(),
    ),
  "names of wrappers": (size) => named([`${"module.".repeat(count(size, 7))}w`], tensor4()),
  "names of other wrappers": (size) =>
    named([`${"_orig_mod.".repeat(count(Math.min(size, 60_000), 10))}w`], tensor4()),

  // One value in many places.
  "a list in many OrderedDicts": (size) =>
    filled(size, [GET(0), GET(1), 0x85, "R"], [ORDERED_DICT, PUT(0), POP, MANY_PAIRS, PUT(1), POP]),
  "a list in many OrderedDicts that are dropped": (size) =>
    filled(
      size,
      [GET(0), GET(1), 0x85, "R0"],
      [ORDERED_DICT, PUT(0), POP, MANY_PAIRS, PUT(1), POP],
    ),
  "empty OrderedDicts": (size) => filled(size, [GET(0), ")R"], [ORDERED_DICT, PUT(0), POP]),
  "a shape of 64 axes in many tensors": (size) =>
    filled(size, [GET(0), GET(1), "R0"], [REBUILD, PUT(0), POP, arguments64, PUT(1), POP]),
  storages: (size) => filled(size, [GET(1), "Q"], [storageId("0"), PUT(1), POP]),
  "a long tuple as Size": (size) =>
    filled(
      size,
      [GET(0), GET(1), 0x85, "R0"],
      [global("torch", "Size"), PUT(0), POP, tuple(...new Array(1000).fill("N")), PUT(1), POP],
    ),

  // The memo.
  "memo entries": (size) => filled(size, [0x94], "N"),
  "memo entries with gaps": (size) =>
    pickle(
      "N",
      Array.from({ length: count(size, 5) }, (_, i) => PUT(i + 900)),
      W,
    ),
  "a huge memo entry": () => pickle("N", PUT(2 ** 32 - 1), W),

  // Tensors larger than the file.
  "many tensors": (size) => named(numbered(count(size, 14)), tensor4()),
  "many tensors of repeated elements": (size) =>
    named(numbered(count(size, 14)), whole(4, tuple(int(2 ** 20)), tuple(int(0)))),
  "many tensors of one storage": (size) =>
    named(numbered(count(size, 28)), whole(size / 8, tuple(int(size / 8)), tuple(int(1))), {
      "0": new Uint8Array(size / 2),
    }),
  "many tensors from end to end of one storage": (size) =>
    named(numbered(count(size, 28)), whole(size / 8, tuple(int(2)), tuple(int(size / 8 - 1))), {
      "0": new Uint8Array(size / 2),
    }),
  "tensors of 64 axes": () =>
    named(
      numbered(20),
      whole(
        4,
        tuple(int(2 ** 20), ...new Array(63).fill(int(1))),
        tuple(...new Array(64).fill(int(0))),
      ),
    ),
  "a shape beyond all numbers": () =>
    named(
      ["w"],
      whole(4, tuple(...new Array(60).fill(int(2 ** 30))), tuple(...new Array(60).fill(int(0)))),
    ),
};

function tensor4(): Bytes {
  return whole(4, tuple(int(4)), tuple(int(1)));
}

function storageId(key: string): Bytes {
  return tuple(text("storage"), global("torch", "FloatStorage"), text(key), text("cpu"), int(0));
}

function storageNamed(key: string): Bytes {
  return [storageId(key), "Q"];
}

/** Containers in containers, as deep as marks may be open. */
function nested(open: Bytes, close: Bytes): Bytes {
  const depth = 900;
  return [new Array(depth).fill(open), "N", new Array(depth).fill(close), POP];
}

function laughsIn(open: Bytes, close: Bytes): Bytes {
  const level = [POP, open, GET(5), GET(5), close, PUT(5)];
  return ["]", PUT(5), ...new Array(40).fill(level)];
}

/** What stands in the place of a tensor's number, text or tuple. */
export const HOSTILE_VALUES: Readonly<Record<string, Bytes>> = {
  "2⁵³": [0x8a, 8, 0, 0, 0, 0, 0, 0, 32, 0],
  "an integer of 255 bytes": [0x8a, 255, new Uint8Array(255).fill(127)],
  "−1": int(-1),
  "1e300": binFloat(1e300),
  NaN: binFloat(Number.NaN),
  None: "N",
  "a long text": text("x".repeat(100_000)),
  "a dictionary": "}",
  "a list that holds itself": ["]", PUT(7), GET(7), "a"],
  laughs: LAUGHS,
  "a deep tuple": ["N", repeated(50_000, [0x85])],
  "a tensor": tensor4(),
};

/** A tensor one of whose nine parts is something else. */
export function tensorWith(part: number, value: Bytes): HostilePickle {
  const id: Bytes[] = [
    text("storage"),
    global("torch", "FloatStorage"),
    text("0"),
    text("cpu"),
    int(4),
  ];
  const rest: Bytes[] = [int(0), tuple(int(4)), tuple(int(1)), 0x89, "N"];
  if (part < id.length) id[part] = value;
  else rest[part - id.length] = value;
  const args = tuple([tuple(...id), "Q"], ...rest);
  return pickle("}", text("w"), REBUILD, args, "R", "s");
}
