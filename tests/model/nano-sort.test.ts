import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
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
      const actual = name === "logits" ? logits : cache.get(name);
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

  it("sorts all 729 inputs", () => {
    const inputs = Array.from({ length: 729 }, (_, n) => n.toString(3).padStart(6, "0"));
    let rows = inputs.map((digits) => [...digits].map(Number));
    for (let i = 0; i < 6; i++) {
      const next = tf.tidy(() => {
        const logits = model.forward(rows);
        const last = tf.slice3d(logits, [0, rows[0].length - 1, 0], [-1, 1, -1]);
        return tf.argMax(last, -1).dataSync();
      });
      rows = rows.map((row, n) => [...row, next[n]]);
    }
    rows.forEach((row, n) => {
      assert.deepEqual(row.slice(6), [...inputs[n]].map(Number).sort(), inputs[n]);
    });
  });

  it("generates the same greedily, one input at a time", () => {
    const sorted = model.generate([2, 0, 1, 2, 0, 0], { maxNewTokens: 6 });
    assert.deepEqual(sorted.slice(6), [0, 0, 0, 1, 2, 2]);
  });
});
