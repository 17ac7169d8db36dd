import fc from "fast-check";

/** One change to a file's bytes. Positions are shares of the length, so that they fit any file. */
export type Mutation =
  | { kind: "set"; at: number; byte: number }
  | { kind: "integer"; at: number; value: bigint; bytes: 2 | 4 | 8 }
  | { kind: "insert"; at: number; bytes: Uint8Array }
  | { kind: "remove"; at: number; length: number }
  | { kind: "repeat"; at: number; length: number; times: number }
  | { kind: "cut"; at: number };

/** Bytes that mean something in a pickle, a zip directory or a header: MARK, REDUCE, GLOBAL, MEMOIZE, `{`, `"` … */
const MEANINGFUL_BYTES = [...'(R.c]}){t["0q9,:u', "\0", "\n"]
  .map((text) => text.charCodeAt(0))
  .concat([
    0x01, 0x7f, 0x80, 0x81, 0x82, 0x85, 0x8a, 0x8b, 0x8d, 0x8e, 0x93, 0x94, 0x95, 0x96, 0xff,
  ]);

/** Whole instructions of a pickle, which single bytes seldom make. */
const INSTRUCTIONS = [
  "cos\nsystem\n",
  "cposix\nsystem\nX\x02\0\0\0id\x85R",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ctorch\nFloatStorage\n",
  "ccollections\nOrderedDict\n)R",
  "K\x01q\x01h\x01",
  "J\xff\xff\xff\x7f",
  "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
  "\x8e\xff\xff\xff\xff\0\0\0\0",
  "(((((((((",
  "}(K\x01K\x02u",
  "]q\x02h\x02a",
  "\x94\x94",
  "X\xff\xff\xff\xff",
  "\x82\x01",
  "tR",
].map((text) => Uint8Array.from(Buffer.from(text, "latin1")));

const EXTREME_INTEGERS = [
  0n,
  1n,
  2n ** 15n,
  2n ** 31n - 1n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 64n - 1n,
];

const POSITIONS = 2 ** 30;
const at = fc.noBias(fc.integer({ min: 0, max: POSITIONS - 1 })).map((n) => n / POSITIONS);
const byte = fc.oneof(fc.constantFrom(...MEANINGFUL_BYTES), fc.integer({ min: 0, max: 255 }));
const length = fc.integer({ min: 1, max: 64 });

/** One to four changes; small ones are more likely to get past the first check. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("set" as const), at, byte }) },
    fc.record({
      kind: fc.constant("integer" as const),
      at,
      value: fc.constantFrom(...EXTREME_INTEGERS),
      bytes: fc.constantFrom(2 as const, 4 as const, 8 as const),
    }),
    fc.record({
      kind: fc.constant("insert" as const),
      at,
      bytes: fc.oneof(
        fc.array(byte, { minLength: 1, maxLength: 8 }).map((bytes) => Uint8Array.from(bytes)),
        fc.constantFrom(...INSTRUCTIONS),
      ),
    }),
    fc.record({ kind: fc.constant("remove" as const), at, length }),
    fc.record({
      kind: fc.constant("repeat" as const),
      at,
      length,
      times: fc.integer({ min: 1, max: 50 }),
    }),
    fc.record({ kind: fc.constant("cut" as const), at }),
  ),
  { minLength: 1, maxLength: 4 },
);

/** The bytes with these changes made, one after the other. */
export function mutate(original: Uint8Array, changes: readonly Mutation[]): Buffer {
  return changes.reduce<Buffer>((bytes, change) => applied(bytes, change), Buffer.from(original));
}

function applied(bytes: Buffer, change: Mutation): Buffer {
  const position = Math.min(Math.floor(change.at * bytes.length), Math.max(bytes.length - 1, 0));
  const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)];
  switch (change.kind) {
    case "set":
      return Buffer.concat([before, Uint8Array.of(change.byte), after.subarray(1)]);
    case "integer": {
      const integer = Buffer.alloc(8);
      integer.writeBigUInt64LE(change.value);
      const { bytes: width } = change;
      return Buffer.concat([before, integer.subarray(0, width), after.subarray(width)]);
    }
    case "insert":
      return Buffer.concat([before, change.bytes, after]);
    case "remove":
      return Buffer.concat([before, after.subarray(change.length)]);
    case "repeat":
      return Buffer.concat([
        before,
        ...new Array(change.times).fill(after.subarray(0, change.length)),
        after,
      ]);
    case "cut":
      return before;
  }
}
