import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { comparedTokenizers, writeVariants } from "../../scripts/compare-tokenizers";
import { loadTokenizer } from "../../src/model/tokenizer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

interface Sample {
  readonly texts: Record<string, string>;
  readonly tokenizers: Record<string, { bos: number | null; ids: [text: number, ids: number[]][] }>;
}

// Written by `npm run compare-tokenizers -- --fixture` with the versions of Python's packages that stand in it.
describe("every kind of tokenizer has Python's ids", () => {
  const { texts, tokenizers }: Sample = JSON.parse(
    readFileSync(fixture("tokenizer-agreement.json"), "utf8"),
  );
  const folder = temporaryFolder();
  const variants = comparedTokenizers();

  it("that are in the sample", () => {
    assert.deepEqual(Object.keys(tokenizers).sort(), Object.keys(variants).sort());
  });

  for (const [name, { bos, ids }] of Object.entries(tokenizers)) {
    it(name, async () => {
      const [[, path]] = writeVariants(folder, { [name]: variants[name] });
      const tokenizer = (await loadTokenizer(path))!;
      if (bos !== null) assert.equal(tokenizer.bosTokenId, bos);
      for (const [text, expected] of ids) {
        assert.deepEqual(tokenizer.encode(texts[text]), expected, JSON.stringify(texts[text]));
      }
    });
  }
});
