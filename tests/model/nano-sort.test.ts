import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import type { HookName } from "../../src/model/hook-names";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, relativeToLargest } from "../golden";

// A GPT that somebody else trained to sort six digits, and the values its author recorded
// (tests/fixtures/nano-sort/README.md says where it comes from).
describe("nano-sort, a real model from outside", () => {
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrainedNoProcessing(fixture("nano-sort", "base-model"));
  });
  after(() => model.dispose());

  it("has the author's activations", () => {
    const recorded = openSafetensors(fixture("nano-sort", "activations.safetensors"));
    const { data, shape } = recorded.read("tokens");
    const tokens = Array.from({ length: shape[0] }, (_, row) =>
      Array.from((data as Int32Array).subarray(row * shape[1], (row + 1) * shape[1])),
    );
    const [logits, cache] = model.runWithCache(tokens);
    for (const name of recorded.names.filter((known) => /hook_|^logits$/.test(known))) {
      const actual = name === "logits" ? logits : cache.get(name as HookName);
      const expected = recorded.read(name);
      // The author kept one copy of the position embeddings for the whole batch.
      const values = actual.dataSync().subarray(0, expected.data.length) as Float32Array;
      const error = relativeToLargest(values, expected.data as Float32Array);
      assert.ok(error < 1e-5, `${name} is off by ${error}`);
    }
    logits.dispose();
    cache.dispose();
    recorded.close();
  });

  it("sorts all 729 inputs greedily", () => {
    const before = tf.memory().numTensors;
    const inputs = Array.from({ length: 729 }, (_, n) =>
      [...n.toString(3).padStart(6, "0")].map(Number),
    );
    const sorted = inputs.map((digits) => [...digits, ...[...digits].sort()]);
    assert.deepEqual(model.generate(inputs, { maxNewTokens: 6 }), sorted);
    for (let n = 0; n < 729; n += 81) {
      assert.deepEqual(model.generate(inputs[n], { maxNewTokens: 6 }), sorted[n]);
    }
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });
});
