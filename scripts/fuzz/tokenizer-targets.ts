import { readFileSync } from "node:fs";
import { join } from "node:path";
import { InputError, ModelConfigError } from "../../src/errors";
import { loadTokenizer } from "../../src/model/tokenizer";
import { type Mutation, mutate, mutations } from "../../tests/checkpoints/mutations";
import { fixture } from "../../tests/golden";
import type { FuzzTarget, MakeBytes } from "./fuzz-target";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true };
const PATTERN = "(?:a+)+b|[^\\s\\p{L}]{1,3}|\\w+?";

/** One of everything that a tokenizer can have. */
const RICH: Json = {
  version: "1.0",
  added_tokens: [
    { id: 5, content: "<s>", special: true, lstrip: true, rstrip: true, single_word: false },
    { id: 6, content: "ab ab", normalized: true, single_word: true },
  ],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "NFKC" },
      { type: "Lowercase" },
      { type: "Strip", strip_left: true, strip_right: true },
      { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
      { type: "Replace", pattern: { String: "x" }, content: "a" },
      { type: "Prepend", prepend: " " },
    ],
  },
  pre_tokenizer: {
    type: "Sequence",
    pretokenizers: [
      { type: "Split", pattern: { Regex: PATTERN }, behavior: "MergedWithNext", invert: false },
      { type: "Digits", individual_digits: true },
      { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
      BYTE_LEVEL,
    ],
  },
  post_processor: null,
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
      BYTE_LEVEL,
    ],
  },
  model: {
    type: "BPE",
    dropout: null,
    unk_token: "<unk>",
    fuse_unk: true,
    byte_fallback: true,
    ignore_merges: false,
    vocab: { a: 0, b: 1, ab: 2, "<unk>": 3, abab: 4, "<0x0A>": 7, Ġ: 8, Ġa: 9 },
    merges: ["a b", ["ab", "ab"], "Ġ a"],
  },
};

/** What is put in the place of something else. */
const ODD: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  2 ** 32,
  1e308,
  "",
  " ",
  "a",
  "BPE",
  "Sequence",
  "NFC",
  "Regex",
  "__proto__",
  "constructor",
  "a".repeat(10_000),
  "(a+)+$",
  "(a|a)*b",
  "[",
  "\\",
  "\ud800",
  "a{1000}",
  [],
  [null],
  [[]],
  ["a", "a"],
  {},
  { type: "Sequence" },
  { type: "Replace", pattern: { String: "a" }, content: "aaaaaaaaaa" },
  { type: "Replace", pattern: { Regex: "a*" }, content: "aaaaaaaaaa" },
  { type: "Split", pattern: { Regex: "(?:a|aa)+" }, behavior: "Removed", invert: true },
  { type: "Fuse" },
  { String: "" },
  { Regex: "a*" },
];

const TEXT = `<s> ab ab x1 é字\n${"a".repeat(2_000)}b <unk>▁`;

/** Changes to the values and keys of a tokenizer's files, which stay JSON, and to their bytes. */
export function tokenizerTargets(): FuzzTarget[] {
  const added = fixture("tokenizers", "added-token-rules");
  const rules = readFileSync(join(added, "tokenizer.json"), "utf8");
  const config = readFileSync(join(added, "tokenizer_config.json"), "utf8");
  const slow = fixture("tokenizers", "vocab-and-merges");
  return [
    target(
      "tokenizer.json: structure",
      "tokenizer.json",
      [join(added, "tokenizer_config.json")],
      (changes) => changedJson(RICH, changes),
    ),
    target("tokenizer.json: of GPT-2's class", "tokenizer.json", [], (changes) =>
      changedJson(RICH, changes),
    ),
    target(
      "tokenizer.json: added tokens",
      "tokenizer.json",
      [join(added, "tokenizer_config.json")],
      (changes) => changedJson(JSON.parse(rules), changes),
    ),
    target(
      "tokenizer_config.json: structure",
      "tokenizer_config.json",
      [join(added, "tokenizer.json")],
      (changes) =>
        changedJson(
          {
            ...JSON.parse(config),
            added_tokens_decoder: { 1: { content: "a", special: true } },
            extra_special_tokens: ["b"],
            add_prefix_space: true,
          },
          changes,
        ),
    ),
    target("tokenizer.json: bytes", "tokenizer.json", [], (changes) =>
      mutate(Buffer.from(rules), changes),
    ),
    target("merges.txt: bytes", "merges.txt", [join(slow, "vocab.json")], (changes) =>
      mutate(readFileSync(join(slow, "merges.txt")), changes),
    ),
  ];
}

function target(
  name: string,
  fileName: string,
  beside: readonly string[],
  change: (changes: readonly Mutation[]) => Uint8Array,
): FuzzTarget {
  return {
    ...{ name, kind: "changed tokenizer", fileName, beside, read },
    files: mutations.map(
      (changes): MakeBytes =>
        () =>
          change(changes),
    ),
    valid: () => change([]),
    errors: [ModelConfigError, InputError],
  };
}

async function read(folder: string): Promise<void> {
  const tokenizer = await loadTokenizer(folder);
  if (!tokenizer) return;
  const ids = tokenizer.encode(TEXT);
  if (!ids.every((id) => Number.isInteger(id))) throw new Error(`ids ${ids.slice(0, 20)}`);
  tokenizer.decode(ids);
  tokenizer.decode([0, 1, 2 ** 31, 5]);
}

/** Where a value stands. */
interface Place {
  readonly parent: Json[] | { [key: string]: Json };
  readonly key: string;
}

/** The same tree with some of its values replaced, taken away, moved or nested; each change picks its place itself. */
function changedJson(original: Json, changes: readonly Mutation[]): Buffer {
  const tree: { root: Json } = { root: structuredClone(original) };
  for (const change of changes) {
    const places = placesIn(tree);
    if (places.length === 0) break;
    const { parent, key } = places[Math.floor(change.at * places.length)];
    const list = parent as { [key: string]: Json };
    const draw = JSON.stringify(change, (_, value) =>
      typeof value === "bigint" ? String(value) : value,
    ).length;
    const seed = Math.floor(change.at * 2 ** 30) + draw;
    const other = places[seed % places.length];
    switch (change.kind) {
      case "remove":
        delete list[key];
        break;
      case "repeat":
        list[key] = Array(Math.min(change.times, 20)).fill(list[key]);
        break;
      case "insert":
        list[key] = {
          type: "Sequence",
          normalizers: [list[key]],
          pretokenizers: [list[key]],
          decoders: [list[key]],
        };
        break;
      case "integer":
        list[key] = structuredClone((other.parent as { [key: string]: Json })[other.key]);
        break;
      default:
        list[key] = structuredClone(ODD[seed % ODD.length]);
    }
  }
  return Buffer.from(JSON.stringify(tree.root) ?? "null");
}

function placesIn(value: Json | { root: Json }): Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [
    { parent: value as Place["parent"], key },
    ...placesIn(child as Json),
  ]);
}
