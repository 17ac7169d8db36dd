import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, relativeToLargest } from "../golden";

const TOKENS = [5, 17, 299, 0, 42];

/** The change that make.py makes; a score of minus infinity stays so. */
function written(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const wave = tf.mul(tf.cos(tf.mul(tf.range(0, x.size), 1.7)), 0.1);
    const changed = tf.add(tf.mul(x, 0.8), tf.reshape(wave, x.shape));
    return tf.where(tf.isFinite(x), changed, x);
  });
}

// Expected numbers: a straight-line GPT-2 in NumPy, float64 (tests/fixtures/hook-writes/make.py).
describe("every hook point can be written", () => {
  for (const [kind, load] of [
    ["processed", HookedTransformer.fromPretrained],
    ["unprocessed", HookedTransformer.fromPretrainedNoProcessing],
  ] as const) {
    it(`${kind}: logits after a change of each activation`, async () => {
      const model = await load(fixture("golden-a", "base-model"));
      const expected = openSafetensors(fixture("hook-writes", "expected.safetensors"));
      const lastLogits = (logits: tf.Tensor3D) =>
        tf.tidy(() => tf.gather(logits, TOKENS.length - 1, 1).dataSync());
      const clean = expected.read(`${kind}/clean`).data as Float32Array;
      for (const name of model.hookDict.keys()) {
        const before = tf.memory().numTensors;
        const logits = model.runWithHooks(TOKENS, { fwdHooks: [[name, written]] });
        const after = expected.read(`${kind}/${name}`).data as Float32Array;
        const error = relativeToLargest(lastLogits(logits), after);
        assert.ok(error < 2e-5, `${name} is off by ${error}`);
        assert.ok(relativeToLargest(after, clean) > 1e-3, `${name} changes nothing`);
        tf.dispose(logits);
        // The hook's own tensors were made in the run, and are gone with it.
        assert.equal(tf.memory().numTensors, before, `${name} leaked tensors`);
      }
      const logits = model.forward(TOKENS);
      assert.ok(relativeToLargest(lastLogits(logits), clean) < 1e-5, "hooks outlived their runs");
      logits.dispose();
      model.dispose();
      expected.close();
    });
  }
});
