import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { type MeasuredPrompts, measurePrompts } from "../../src/heads/measured-prompts";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { neuronSweep } from "../../src/patching/neuron-sweep";
import { patch } from "../../src/patching/patch";
import { fixture, golden } from "../golden";
import { randomModel } from "../patching/random-model";

const { heads, sequences } = golden();
/** A letter is a token: enough of a tokenizer for what is asked of it here. */
const tokenizer = {
  encode: (text: string) => [...text].map((letter) => letter.charCodeAt(0) - 97),
  decode: (ids: readonly number[]) => ids.map((id) => String.fromCharCode(97 + id)).join(""),
  idOf: () => null,
  bosTokenId: 25,
};
const cfg = { d_vocab: 26, n_ctx: 5 } as HookedTransformer["cfg"];
const model = { cfg, tokenizer, promptEncoder: tokenizer };

describe("measured prompts", () => {
  it("are texts or token ids, one or several, with BOS before texts only", () => {
    const last = (prompts: Parameters<typeof measurePrompts>[1], prependBos = false) =>
      measurePrompts({ model }, prompts, { prependBos }).tokens;
    assert.deepEqual(last("abc"), [[0, 1, 2]]);
    assert.deepEqual(last([1, 2]), [[1, 2]]);
    assert.deepEqual(last(["ab", [3], "c"]), [[0, 1], [3], [2]]);
    assert.deepEqual(last([[3], "ab"], true), [[3], [25, 0, 1]]);
  });

  it("end at the measured token, and are recorded whole", () => {
    const position = (length: number) => Math.max(length - 2, 0);
    const measured = measurePrompts({ model, position }, ["abcd", [4, 5, 6], "z"]);
    assert.deepEqual(measured.tokens, [[0, 1, 2], [4, 5], [25]]);
    assert.deepEqual(measured.recorded(), [
      { text: "abcd", tokens: [0, 1, 2, 3], position: 2 },
      { text: "efg", tokens: [4, 5, 6], position: 1 },
      { text: "z", tokens: [25], position: 0 },
    ]);
    const withBos = measurePrompts({ model, position }, "abc", { prependBos: true });
    assert.deepEqual(withBos.recorded(), [{ text: "abc", tokens: [25, 0, 1, 2], position: 2 }]);
    const silent = { model: { cfg, tokenizer: null, promptEncoder: null } };
    assert.equal(measurePrompts(silent, [1]).recorded()[0].text, null);
  });

  it("are cut to the context where that is asked for, before they are measured", () => {
    const position = (length: number) => length - 1;
    const measured = measurePrompts({ model, position }, ["abcdefg", "ab"], { truncate: true });
    assert.deepEqual(measured.tokens, [
      [0, 1, 2, 3, 4],
      [0, 1],
    ]);
    assert.equal(measured.truncated, 1);
    assert.throws(
      () => measurePrompts({ model }, ["ab", "abcdefg"]),
      /prompt 1 is longer than the model's context; found 7 tokens, expected at most 5/,
    );
  });

  it("are refused where they cannot be run", () => {
    const refused: [unknown, RegExp][] = [
      [[], /there is no prompt/],
      ["", /the prompt is empty/],
      [["ab", ""], /prompt 1 is empty/],
      [[[1], [26]], /prompt 1 has a token id outside the vocabulary/],
      [[[1], [1.5]], /prompt 1 has a token id outside the vocabulary/],
      [[[1], 2], /prompt 1 is neither a text nor a list of token ids/],
      [null, /not a model input/],
      // Made to look like measured prompts.
      [{ tokens: [[1, 2]], length: 1 }, /not a model input/],
    ];
    for (const [prompts, message] of refused) {
      assert.throws(() => measurePrompts({ model }, prompts as string), message);
      assert.throws(
        () => measurePrompts({ model }, prompts as string, { truncate: true }),
        message,
      );
    }
  });

  it("are a type of their own", () => {
    // @ts-expect-error only measurePrompts makes them
    const made: MeasuredPrompts = {
      tokens: [[1]],
      truncated: 0,
      length: 1,
      recorded: () => [],
      requireFor: () => {},
    };
    assert.ok(made);
  });
});

describe("measured prompts of a head", () => {
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => base.dispose());

  const zero = [{ hook: ["post", 1] as const, index: 0, patch: ["zero"] as const }];
  const open = async (name: string) =>
    bindHead(await loadHead(fixture("golden-a", heads[name].dir)), base);

  it("serve any head that measures there, and no other", async () => {
    // token_pos 3 in the one, "last" in the others.
    const [third, last, another] = [
      await open("regression_pos"),
      await open("regression_linear"),
      await open("classification_hidden"),
    ];
    const measured = measurePrompts(third, sequences);
    const lengths = sequences.map((ids) => Math.min(ids.length, 4));
    assert.deepEqual(
      measured.tokens.map((ids) => ids.length),
      lengths,
    );
    assert.equal(measurePrompts(another, measurePrompts(last, sequences)).length, sequences.length);
    for (const experiment of [
      patch(base, measured, zero, { read: last }),
      neuronSweep(base, measured, { read: last }),
    ]) {
      await assert.rejects(
        experiment,
        /measured for a head that measures another token; found token 3 of prompt \d, expected token/,
      );
    }
    // What is no head is read wherever they are measured.
    const { tokens } = await patch(base, measured, zero, { read: ["resid_post", -1] });
    assert.deepEqual(tokens, measured.tokens);
  });

  it("are of their model's vocabulary", async () => {
    const measured = measurePrompts(await open("regression_linear"), sequences);
    const sizes = { layers: 2, heads: 1, d_head: 4, d_mlp: 4, d_vocab: 300, n_ctx: 8 };
    const other = await randomModel(sizes, 1);
    await assert.rejects(
      patch(other, measured, zero, { read: ["resid_post", -1] }),
      /measured for another model; found vocabulary and context of 300, 64 tokens, expected 300, 8/,
    );
    other.dispose();
  });
});
