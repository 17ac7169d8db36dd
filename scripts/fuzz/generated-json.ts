import { readFileSync } from "node:fs";
import fc from "fast-check";
import { bytesOf, uint64 } from "../../tests/checkpoints/torch-file-bytes";
import type { MakeBytes } from "./fuzz-target";

/** Repeated parts come to at most this. */
const LARGEST_PART = 60_000;

const STRANGE_KEYS = [
  "",
  "__proto__",
  "constructor",
  "toString",
  "__metadata__",
  "5",
  "4294967295",
];
const key = fc.oneof(fc.constantFrom(...STRANGE_KEYS), fc.string({ maxLength: 10 }));

const number = fc.oneof(
  fc.nat(4).map(String),
  fc.constantFrom("-1", "1e999", "1e-999", "9007199254740993", "-0", "0.5", "1".repeat(5_000)),
);
const string = fc.oneof(
  fc.string({ maxLength: 20, unit: "binary" }),
  fc.constantFrom("F32", "gpt2", "last", "\u001b[2J", "\u202e", "a\nb", "x".repeat(50_000)),
);

/** JSON as text, since not everything can be written by `JSON.stringify`. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    number,
    string.map((text) => JSON.stringify(text)),
    fc.constantFrom("null", "true", "false", "[]", "{}", "NaN"),
    fc.array(tie("json"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
    fc
      .array(fc.tuple(key, tie("json")), { maxLength: 5 })
      .map(
        (entries) => `{${entries.map(([name, of]) => `${JSON.stringify(name)}:${of}`).join(",")}}`,
      ),
    fc.tuple(tie("json"), fc.nat(20_000)).map(([item, times]) => `[${joined(item, times)}]`),
    fc.tuple(fc.nat(3_000), tie("json")).map(([depth, leaf]) => {
      return "[".repeat(depth) + leaf + "]".repeat(depth);
    }),
    fc.nat(3_000).map((n) => `{${numbered(n, (i) => `"${65_536 * i + 5}":0`)}}`),
  ),
}));

const BYTES_OF = { F32: 4, F16: 2, U8: 1, I64: 8, BOOL: 1, F8_E4M3: 1 } as const;

/** A tensor of a header; most often it says the truth. */
const described = fc.record({
  key,
  dtype: fc.constantFrom(...Object.keys(BYTES_OF)) as fc.Arbitrary<keyof typeof BYTES_OF>,
  shape: fc.array(fc.nat(3), { maxLength: 3 }),
  lie: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom("dtype", "shape", "begin", "end", "all"), json),
    },
  ),
});

/** Tensors one after the other, as the format has them. */
const inOrder = fc
  .uniqueArray(described, { maxLength: 6, selector: (tensor) => tensor.key })
  .map((list) => {
    let begin = 0;
    const entries = list.map(({ key: name, dtype, shape, lie }) => {
      const end = begin + shape.reduce((count, size) => count * size, BYTES_OF[dtype] as number);
      const [what, of] = lie ?? [];
      const part = (called: string, truth: unknown) =>
        what === called ? of : JSON.stringify(truth);
      const offsets = `[${part("begin", begin)},${part("end", end)}]`;
      const all = `{"dtype":${part("dtype", dtype)},"shape":${part("shape", shape)},"data_offsets":${offsets}}`;
      begin = end;
      return `${JSON.stringify(name)}:${what === "all" ? of : all}`;
    });
    return { text: `{${entries.join(",")}}`, data: begin };
  });

const empty = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
const many = fc
  .oneof(
    fc.nat(1_500).map((n) => `{${numbered(n, (i) => `"w${i}":${empty}`)}}`),
    fc.nat(1_500).map((n) => `{${numbered(n, (i) => `"${65_536 * i + 5}":${empty}`)}}`),
    fc
      .tuple(key, fc.nat(800))
      .map(([name, n]) => `{${numbered(n, () => `${JSON.stringify(name)}:${empty}`)}}`),
    json,
  )
  .map((text) => ({ text, data: 0 }));

const header = fc.oneof({ weight: 4, arbitrary: inOrder }, { weight: 1, arbitrary: many });

/** A safetensors file whose header is put together at random, with its right length or nearly. */
export const generatedHeaders: fc.Arbitrary<MakeBytes> = fc
  .tuple(
    header,
    fc.oneof(
      { weight: 20, arbitrary: fc.constant([0, 0]) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(-1, 1, 2 ** 31, 2 ** 52), fc.nat(9)) },
    ),
  )
  .map(
    ([{ text, data }, [moreHeader, moreData]]): MakeBytes =>
      () => {
        const bytes = Buffer.from(text);
        const length = uint64(Math.max(0, bytes.length + moreHeader));
        return bytesOf(length, bytes, new Uint8Array(data + moreData));
      },
  );

/** A configuration in which some values are something else, or whose keys stand there in other ways. */
export function generatedConfigs(valid: string): fc.Arbitrary<MakeBytes> {
  const config = JSON.parse(readFileSync(valid, "utf8")) as Record<string, unknown>;
  const paths = pathsOf(config);
  const changes = fc.array(fc.tuple(fc.constantFrom(...paths), json), {
    minLength: 1,
    maxLength: 3,
  });
  const changed = changes.map((list) => {
    const placeholders = structuredClone(config);
    list.forEach(([path], i) => {
      put(placeholders, path, `\u0000${i}`);
    });
    const text = JSON.stringify(placeholders);
    return list.reduce(
      (all, [, of], i) => all.replace(JSON.stringify(`\u0000${i}`), () => of),
      text,
    );
  });
  const added = fc.tuple(key, json).map(([name, of]) => {
    return `${JSON.stringify(config).slice(0, -1)},${JSON.stringify(name)}:${of}}`;
  });
  return fc.oneof({ weight: 6, arbitrary: changed }, { weight: 2, arbitrary: added }, json).map(
    (text): MakeBytes =>
      () =>
        Buffer.from(text),
  );
}

const shard = fc.oneof(
  fc.constantFrom(
    "model-00001-of-00013.safetensors",
    "../model.safetensors",
    "/dev/zero",
    "/etc/passwd",
    ".",
    "..",
    "a/b",
    "a\\b",
    "C:x",
    "config.json",
    "",
    "__proto__",
    "model.safetensors.index.json",
  ),
  fc.string({ maxLength: 10 }),
);

/** An index of shards that places tensors wherever. */
export const generatedIndexes: fc.Arbitrary<MakeBytes> = fc
  .oneof(
    fc.array(fc.tuple(key, shard), { maxLength: 6 }).map((entries) => {
      const map = entries.map(([name, of]) => `${JSON.stringify(name)}:${JSON.stringify(of)}`);
      return `{"weight_map":{${map.join(",")}}}`;
    }),
    fc.nat(3_000).map((n) => `{"weight_map":{${numbered(n, (i) => `"w${i}":"s${i}"`)}}}`),
    json.map((map) => `{"weight_map":${map}}`),
    json,
  )
  .map(
    (text): MakeBytes =>
      () =>
        Buffer.from(text),
  );

type Path = readonly string[];

function pathsOf(value: unknown, before: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [before];
  const inside = Object.entries(value).flatMap(([name, of]) => pathsOf(of, [...before, name]));
  return before.length === 0 ? inside : [before, ...inside];
}

function put(object: Record<string, unknown>, path: Path, value: unknown): void {
  const parent = path.slice(0, -1).reduce<unknown>((at, name) => {
    return typeof at === "object" && at !== null
      ? (at as Record<string, unknown>)[name]
      : undefined;
  }, object);
  if (typeof parent === "object" && parent !== null) {
    (parent as Record<string, unknown>)[path.at(-1)!] = value;
  }
}

function joined(item: string, times: number): string {
  const most = Math.ceil(LARGEST_PART / (item.length + 1));
  return new Array(Math.min(times, most)).fill(item).join(",");
}

function numbered(n: number, one: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => one(i)).join(",");
}
