import { crc32 } from "node:zlib";
import fc from "fast-check";
import {
  type Bytes,
  bytesOf,
  dict,
  pickleOf,
  tensor,
  uint32,
  uint64,
} from "../../tests/checkpoints/torch-file-bytes";
import type { MakeBytes } from "./fuzz-target";

/** What a header says of an entry; what is not given is true. */
interface Said {
  readonly name: Buffer;
  readonly method: number;
  readonly flags: number;
  readonly crc: number;
  readonly compressed: number;
  readonly uncompressed: number;
  readonly extra: Buffer;
}

interface Entry {
  readonly name: string;
  readonly content: Buffer;
  readonly local: Partial<Said>;
  readonly central: Partial<Said>;
  /** Added to its true place. */
  readonly moved: number;
}

const CONTENTS = new Map<string, Buffer>(
  Object.entries({
    "archive/data.pkl": pickleOf(dict({ a: tensor() })),
    "archive/byteorder": Buffer.from("little"),
    "archive/data/0": Buffer.alloc(8),
    "archive/version": Buffer.from("3\n"),
  }),
);

const EXTREMES = [0, 1, 7, 0xffff, 2 ** 31, 0xffff_fffe, 0xffff_ffff];
const integer = fc.oneof(fc.constantFrom(...EXTREMES), fc.nat(300));

/** Zip's extra field with long sizes and places. */
const longSizes = fc
  .array(fc.constantFrom(0n, 8n, 100n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n), {
    maxLength: 4,
  })
  .map((values) => bytesOf([1, 0, 8 * values.length, 0], values.map(uint64)));
const extra = fc.oneof(
  longSizes,
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
);

const lies: fc.Arbitrary<Partial<Said>> = fc.record(
  {
    name: fc.string({ maxLength: 20 }).map((text) => Buffer.from(text)),
    method: fc.constantFrom(0, 8, 9, 93, 99, 0xffff),
    flags: fc.constantFrom(0, 1, 8, 0x800, 0x808, 0x40, 0xffff),
    crc: integer,
    compressed: integer,
    uncompressed: integer,
    extra,
  },
  { requiredKeys: [] },
);
const said = fc.oneof({ weight: 20, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: lies });

const names = fc.oneof(
  { weight: 8, arbitrary: fc.nat(100_000).map((n) => `archive/data/${n + 1}`) },
  { weight: 1, arbitrary: fc.constantFrom(...CONTENTS.keys()) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      "/x",
      "../x",
      "a\\b",
      "a\0b",
      "b/data.pkl",
      "archive/constants.pkl",
      "5",
      "é",
      "__proto__",
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);

const entry: fc.Arbitrary<Entry> = fc
  .record({
    name: names,
    content: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    local: said,
    central: said,
    moved: fc.oneof(
      { weight: 30, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.constantFrom(-1, 1, 30, -30, 2 ** 31) },
    ),
  })
  .map((made) => ({ ...made, content: CONTENTS.get(made.name) ?? made.content }));

/** Most have all that a .pt file needs. */
const entries = fc
  .tuple(
    fc.array(entry, { maxLength: 5 }),
    fc.oneof(
      { weight: 9, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(8), { maxLength: 2 }) },
    ),
    fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(3_000) }),
  )
  .map(([more, again, times]): Entry[] => {
    const usual = [...CONTENTS].map(([name, content]) => {
      return { name, content, local: {}, central: {}, moved: 0 };
    });
    const all = [...usual, ...more];
    const repeated = all.at(-1)!;
    const many = Array.from({ length: times - 1 }, (_, i) => {
      return { ...repeated, name: `${repeated.name}${i}` };
    });
    return [...all, ...again.map((i) => all[i % all.length]), ...many];
  });

const ends = fc.record({
  count: fc.oneof({ weight: 15, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: integer }),
  start: fc.oneof({ weight: 15, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: integer }),
  comment: fc.oneof(fc.constant(0), fc.nat(300)),
  long: fc.oneof(
    { weight: 15, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.array(fc.constantFrom(0n, 3n, 4n, 200n, 2n ** 40n, 2n ** 63n, 2n ** 64n - 1n), {
        minLength: 5,
        maxLength: 5,
      }),
    },
  ),
  junk: fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(100) }),
});

/** A zip file put together header by header, some of which lie. */
export const generatedZips: fc.Arbitrary<MakeBytes> = fc.tuple(entries, ends).map(
  ([list, { count, start, comment, long, junk }]): MakeBytes =>
    () => {
      const bodies: Bytes[] = [bytesOf("PK\x03\x04", Buffer.alloc(junk)).subarray(0, junk)];
      const directory: Bytes[] = [];
      let position = junk;
      for (const each of list) {
        const body = bytesOf(header("PK\x03\x04", each, each.local, ""), each.content);
        directory.push(
          header("PK\x01\x02", each, each.central, uint32((position + each.moved) >>> 0)),
        );
        bodies.push(body);
        position += body.length;
      }
      const central = bytesOf(directory);
      const [longCount, longSize, longStart, at, version] = long ?? [];
      const longEnd = long
        ? [
            "PK\x06\x06",
            uint64(44n),
            new Uint8Array(4),
            uint32(Number(version! & 1n)),
            uint32(0),
            [longCount!, longCount!, longSize!, longStart!].map(uint64),
            [
              "PK\x06\x07",
              uint32(0),
              uint64(at! < 2n ** 40n ? position + central.length : at!),
              uint32(1),
            ],
          ]
        : [];
      return bytesOf(bodies, central, longEnd, [
        "PK\x05\x06",
        uint32(0),
        [uint16(count ?? list.length), uint16(count ?? list.length)],
        [uint32(central.length), uint32(start ?? position)],
        [uint16(comment), new Uint8Array(comment)],
      ]);
    },
);

/** A local header, or with a place one of the directory. */
function header(mark: string, { name, content }: Entry, lie: Partial<Said>, place: Bytes): Buffer {
  const truth: Said = {
    name: Buffer.from(name),
    method: 0,
    flags: 0x800,
    crc: crc32(content),
    compressed: content.length,
    uncompressed: content.length,
    extra: Buffer.alloc(0),
  };
  const all = { ...truth, ...lie };
  const isCentral = place !== "";
  return bytesOf(
    mark,
    isCentral ? uint16(20) : "",
    [uint16(20), uint16(all.flags), uint16(all.method), uint16(0), uint16(33)],
    [uint32(all.crc), uint32(all.compressed), uint32(all.uncompressed)],
    [uint16(all.name.length), uint16(all.extra.length)],
    isCentral ? [uint16(0), uint16(0), uint16(0), uint32(0), place] : "",
    [all.name, all.extra],
  );
}

function uint16(value: number): Uint8Array {
  return uint32(value).subarray(0, 2);
}
