import fc from "fast-check";
import {
  collidingFloats,
  HOSTILE_PICKLES,
  HOSTILE_VALUES,
  type HostilePickle,
} from "../../tests/checkpoints/hostile-pickles";
import {
  type Bytes,
  bytesOf,
  global,
  int,
  pickleOf,
  text,
  torchZip,
  tuple,
  uint64,
} from "../../tests/checkpoints/torch-file-bytes";
import type { MakeBytes } from "./fuzz-target";

/** Repeated parts come to at most this. */
const LARGEST_PART = 60_000;

/** Every pickle starts with a value in each of these memo entries, so that none is asked for in vain. */
const MEMO_ENTRIES = 8;

const FLOATS = collidingFloats(2_000);

/** Of each storage. */
const BYTES = new Uint8Array(256);

const memoIndex = fc.nat(MEMO_ENTRIES - 1);
const recalled = memoIndex.map((index): Bytes => ["h", index]);
const remembered = (value: fc.Arbitrary<Bytes>) =>
  fc.tuple(value, memoIndex).map(([bytes, index]): Bytes => [bytes, "q", index]);

const scalar: fc.Arbitrary<Bytes> = fc.oneof(
  fc.constantFrom<Bytes[]>("N", [0x88], [0x89], ")", "]", "}", [0x8f], "K\x01"),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(int),
  fc.nat(4).map(int),
  fc.nat(FLOATS.length - 1).map((i) => float(FLOATS[i])),
  fc.double().map(float),
  fc.string({ maxLength: 8 }).map(text),
  fc
    .constantFrom("model", "state_dict", "head", "module", "storage", "0", "cpu", "__proto__", "5")
    .map(text),
  fc.uint8Array({ maxLength: 40 }).map((bytes): Bytes => [0x8a, bytes.length, bytes]),
  fc.constantFrom(...Object.values(HOSTILE_VALUES)),
);

const torchGlobal: fc.Arbitrary<Bytes> = fc
  .constantFrom(
    ["collections", "OrderedDict"],
    ["torch._utils", "_rebuild_tensor_v2"],
    ["torch._utils", "_rebuild_tensor_v3"],
    ["torch._utils", "_rebuild_parameter"],
    ["torch._tensor", "_rebuild_from_type_v2"],
    ["torch", "FloatStorage"],
    ["torch", "HalfStorage"],
    ["torch", "LongStorage"],
    ["torch.storage", "UntypedStorage"],
    ["torch", "float16"],
    ["torch", "Size"],
    ["_codecs", "encode"],
  )
  .map(([module, name]) => global(module, name));

const size = fc.oneof(
  { weight: 20, arbitrary: fc.nat(4) },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 10, 2 ** 20, 2 ** 31 - 1, -1) },
);
const mostly = (usual: fc.Arbitrary<Bytes>) =>
  fc.oneof({ weight: 40, arbitrary: usual }, { weight: 1, arbitrary: scalar });

const storage: fc.Arbitrary<Bytes> = fc
  .constantFrom(["FloatStorage", "0", 64], ["HalfStorage", "1", 128], ["ByteStorage", "2", 256])
  .chain(([type, key, count]) =>
    fc.tuple(
      mostly(fc.constant(global("torch", type as string))),
      mostly(fc.constant(text(key as string))),
      mostly(fc.constant(int(count as number))),
    ),
  )
  .map(([type, key, count]): Bytes => [tuple(text("storage"), type, key, text("cpu"), count), "Q"]);

/** Sizes and strides, as many of one as of the other. */
const view = fc
  .array(fc.tuple(size, fc.nat(2)), { maxLength: 3 })
  .map((axes) => [0, 1].map((part): Bytes => tuple(...axes.map((axis) => int(axis[part])))));

const tensor: fc.Arbitrary<Bytes> = fc
  .tuple(mostly(storage), mostly(fc.nat(2).map(int)), view, mostly(fc.constant([])), fc.nat(20))
  .map(([from, offset, [shape, strides], odd, place]): Bytes => {
    const parts = [from, offset, shape, strides, 0x89, "N"];
    if (bytesOf(odd).length > 0) parts[place % parts.length] = odd;
    return [global("torch._utils", "_rebuild_tensor_v2"), tuple(...parts), "R"];
  });

/** Values in values, with parts that stand in several places or are repeated very often. */
const { value } = fc.letrec<{ value: Bytes; container: Bytes }>((tie) => {
  const values = fc.array(tie("value"), { maxLength: 5 });
  const pairs = fc.array(fc.tuple(tie("value"), tie("value")), { maxLength: 5 });
  return {
    value: fc.oneof(
      { maxDepth: 5 },
      scalar,
      recalled,
      tensor,
      storage,
      torchGlobal,
      remembered(tie("value")),
      tie("container"),
      tie("container"),
    ),
    container: fc.oneof(
      values.map((items): Bytes => ["](", items, "e"]),
      values.map((items): Bytes => tuple(...items)),
      values.map((items): Bytes => [0x8f, "(", items, 0x90]),
      values.map((items): Bytes => ["(", items, 0x91]),
      pairs.map((items): Bytes => ["}(", items.flat(), "u"]),
      pairs.map(
        (items): Bytes => [
          global("collections", "OrderedDict"),
          ["](", items.map(([key, of]): Bytes => [key, of, 0x86]), "e"],
          [0x85, "R"],
        ],
      ),
      tie("value").map((state): Bytes => ["}", state, "b"]),
      // Twice as much at each level.
      fc
        .tuple(tie("value"), memoIndex, fc.integer({ min: 1, max: 60 }), fc.boolean())
        .map(([leaf, index, levels, asList]): Bytes => {
          const get: Bytes = ["h", index];
          const both: Bytes = asList ? ["](", get, get, "e"] : [get, get, 0x86];
          return [leaf, "q", index, new Array(levels).fill(["0", both, "q", index])];
        }),
      // One value very often.
      fc.tuple(tie("value"), fc.integer({ min: 1, max: 20_000 })).map(([item, times]): Bytes => {
        return ["](", repeated(item, times), "e"];
      }),
      fc.tuple(tie("value"), fc.integer({ min: 1, max: 20_000 })).map(([item, times]): Bytes => {
        return ["}(", repeated([item, "N"], times), "u"];
      }),
    ),
  };
});

/** Instructions without any plan, again and again. */
const loop: fc.Arbitrary<Bytes> = fc
  .tuple(
    fc.array(
      fc.oneof(
        recalled,
        scalar,
        memoIndex.map((index): Bytes => ["q", index]),
        fc.constantFrom<Bytes[]>("0", "(", "t", "e", "a", "u", "s", "R", "b", "Q", "2", "1"),
        fc.constantFrom<Bytes[]>([0x85], [0x86], [0x87], [0x90], [0x91], [0x94], [0x81]),
      ),
      { minLength: 1, maxLength: 6 },
    ),
    fc.integer({ min: 1, max: 30_000 }),
  )
  .map(([instructions, times]) => repeated(instructions, times));

/** Functions of whatever, and attributes. */
const call: fc.Arbitrary<Bytes> = fc.oneof(
  fc.tuple(torchGlobal, value, value).map(([of, a, b]): Bytes => [of, a, b, 0x86, "R"]),
  fc.tuple(torchGlobal, value).map(([of, arg]): Bytes => [of, arg, 0x85, "R"]),
  fc.tuple(value, value).map(([target, state]): Bytes => [target, state, "b"]),
);

const names = fc.uniqueArray(
  fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("output.weight", "module.a", "5", "__proto__"),
  ),
  { minLength: 1, maxLength: 4 },
);

const stateDict: fc.Arbitrary<Bytes> = fc
  .tuple(names, fc.array(fc.oneof(tensor, value, recalled), { minLength: 4, maxLength: 4 }))
  .map(([keys, values]): Bytes => ["}(", keys.flatMap((key, i) => [text(key), values[i]]), "u"]);

const program: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.array(value, { minLength: MEMO_ENTRIES, maxLength: MEMO_ENTRIES }),
    fc.array(
      fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.oneof(loop, call) }),
      { maxLength: 3 },
    ),
    fc.oneof({ weight: 4, arbitrary: stateDict }, { weight: 1, arbitrary: value }),
  )
  .map(([memo, before, root]) =>
    pickleOf(
      Array.from({ length: MEMO_ENTRIES }, (_, index): Bytes => ["N", "q", index, "0"]),
      memo.map((bytes, index): Bytes => [bytes, "q", index, "0"]),
      before,
      root,
    ),
  );

const kinds: fc.Arbitrary<HostilePickle> = fc
  .tuple(
    fc.constantFrom(...Object.values(HOSTILE_PICKLES)),
    fc.integer({ min: 100, max: LARGEST_PART }),
  )
  .map(([make, length]) => make(8 * Math.floor(length / 8)));

const STORAGES = { "0": BYTES, "1": BYTES, "2": BYTES };

/** A .pt file around a pickle that is put together at random, in its right form or nearly. */
export const generatedPickles: fc.Arbitrary<MakeBytes> = fc.oneof(
  {
    weight: 6,
    arbitrary: program.map(
      (pickle): MakeBytes =>
        () =>
          torchZip(pickle, STORAGES),
    ),
  },
  {
    weight: 1,
    arbitrary: program.map(
      (pickle): MakeBytes =>
        () =>
          legacyFile(pickle),
    ),
  },
  {
    weight: 1,
    arbitrary: kinds.map(
      ({ pickle, storages }): MakeBytes =>
        () =>
          torchZip(pickle, storages),
    ),
  },
);

function legacyFile(pickle: Uint8Array): Buffer {
  return bytesOf(
    pickleOf([0x8a, 10, Buffer.from("6cfc9c46f9206aa85019", "hex")]),
    pickleOf(["M", 0xe9, 0x03]),
    pickleOf(["}", text("little_endian"), 0x88, "s"]),
    pickle,
    pickleOf("](", text("0"), "e"),
    [uint64(64), BYTES],
  );
}

function float(number: number): Bytes {
  const bytes = Buffer.alloc(9, "G");
  bytes.writeDoubleBE(number, 1);
  return bytes;
}

function repeated(part: Bytes, times: number): Buffer {
  const bytes = bytesOf(part);
  const length = bytes.length * Math.min(times, Math.ceil(LARGEST_PART / bytes.length));
  return Buffer.alloc(length, bytes);
}
