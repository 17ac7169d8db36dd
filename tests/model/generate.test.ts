import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { generate } from "../../src/model/generate";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture } from "../golden";

const BUNDLED = join(__dirname, "..", "..", "models", "tiny-gpt2");

// Expected tokens: the most probable one of a whole run, again and again.
describe("generate", () => {
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  function mostProbable(tokens: readonly number[]): number {
    return tf.tidy(() => {
      const logits = model.forward([...tokens]);
      const last = tf.slice3d(logits, [0, tokens.length - 1, 0], [1, 1, -1]);
      return tf.argMax(last, -1).dataSync()[0];
    });
  }

  it("continues greedily as whole runs do, also beyond the context", () => {
    const before = tf.memory().numTensors;
    const expected = [5, 17, 299];
    while (expected.length < 72) expected.push(mostProbable(expected.slice(-64)));
    assert.deepEqual(model.generate([5, 17, 299], { maxNewTokens: 69 }), expected);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("draws the same from the same seed", () => {
    const options = { maxNewTokens: 12, doSample: true, temperature: 2 };
    const first = model.generate([5, 17], { ...options, seed: 1 });
    assert.deepEqual(model.generate([5, 17], { ...options, seed: 1 }), first);
    assert.notDeepEqual(model.generate([5, 17], { ...options, seed: 2 }), first);
    const greedy = model.generate([5, 17], { maxNewTokens: 12 });
    assert.deepEqual(model.generate([5, 17], { ...options, topK: 1 }), greedy);
  });

  it("draws tokens as often as their probabilities say", () => {
    // Logits 0, ln 2, ln 5 and one that topK leaves out: probabilities 1/8, 2/8, 5/8.
    const logits = Float32Array.from([0, Math.log(2), Math.log(5), -1]);
    const [drawn] = generate([[]], () => [logits], {
      maxNewTokens: 4000,
      doSample: true,
      topK: 3,
      seed: 7,
    });
    const share = (id: number) => drawn.filter((token) => token === id).length / drawn.length;
    // Four standard deviations of a share of 4000 draws are at most 0.032.
    [1 / 8, 2 / 8, 5 / 8, 0].forEach((expected, id) => {
      assert.ok(Math.abs(share(id) - expected) < 0.032, `token ${id}: ${share(id)}`);
    });
  });

  it("continues a batch as each alone, padded where it must be", () => {
    const prompts = [[5, 17, 299], [8], [1, 2, 3, 4, 5]];
    const greedy = { maxNewTokens: 65 };
    assert.deepEqual(
      model.generate(prompts, greedy),
      prompts.map((prompt) => model.generate(prompt, greedy)),
    );
    const drawn = { maxNewTokens: 6, doSample: true, seed: 4 };
    assert.deepEqual(model.generate(prompts, drawn)[0], model.generate(prompts[0], drawn));
    const next = mostProbable(prompts[1]);
    const [, stopped] = model.generate(prompts, { maxNewTokens: 3, stopAtToken: next });
    assert.deepEqual(stopped, [8, next]);
  });

  it("stops at a token and adds none if none is asked for", () => {
    const next = mostProbable([5, 17]);
    const stopped = model.generate([5, 17], { maxNewTokens: 9, stopAtToken: next });
    assert.deepEqual(stopped, [5, 17, next]);
    assert.deepEqual(model.generate([5, 17], { maxNewTokens: 0 }), [5, 17]);
  });

  it("refuses options that are out of range, and leaks nothing", () => {
    const refused: [Parameters<typeof model.generate>[1], RegExp][] = [
      [{ temperature: 0 }, /temperature is out of range; found 0/],
      [{ topK: 1.5 }, /topK is out of range; found 1.5/],
      [{ maxNewTokens: -1 }, /maxNewTokens is out of range; found -1/],
      [{ seed: 0.5 }, /seed is not a whole number/],
    ];
    const before = tf.memory().numTensors;
    for (const [options, message] of refused) {
      assert.throws(() => model.generate([1], options), message);
    }
    assert.throws(() => model.generate([]), /the prompt is empty/);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("continues a text as a text", async () => {
    const bundled = await HookedTransformer.fromPretrained(BUNDLED);
    const text = bundled.generate("The ", { maxNewTokens: 5 });
    assert.ok(text.startsWith("The ") && text.length > 4, text);
    assert.deepEqual(bundled.generate(["The ", "A"], { maxNewTokens: 5 })[0], text);
    bundled.dispose();
  });
});
