import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, goldenSequences, relativeToLargest } from "../golden";

// Expected numbers: TransformerLens 3 on PyTorch 2.13 (activations_*.safetensors of golden-a).
for (const [kind, load] of [
  ["processed", HookedTransformer.fromPretrained],
  ["unprocessed", HookedTransformer.fromPretrainedNoProcessing],
] as const) {
  describe(`activations of the ${kind} model are TransformerLens's`, () => {
    const expected = openSafetensors(fixture("golden-a", `activations_${kind}.safetensors`));
    let model: HookedTransformer;

    before(async () => {
      model = await load(fixture("golden-a", "base-model"));
    });
    after(() => model.dispose());

    goldenSequences().forEach((tokens, sequence) => {
      it(`sequence ${sequence}, ${tokens.length} tokens`, () => {
        const before = tf.memory().numTensors;
        const [logits, cache] = model.runWithCache(tokens, { namesFilter: () => true });
        assert.deepEqual(cache.keys(), [...model.hookDict.keys()]);
        const worst = [
          ["logits", logits] as const,
          ...cache.keys().map((name) => [name, cache.get(name)] as const),
        ]
          .map(([name, actual]) => {
            const { data, shape } = expected.read(`${sequence}/${name}`);
            assert.deepEqual(actual.shape, [1, ...shape], name);
            return { name, error: relativeToLargest(actual.dataSync(), data as Float32Array) };
          })
          .sort((a, b) => b.error - a.error)[0];
        assert.ok(worst.error < 1e-4, `${worst.name} is off by ${worst.error}`);
        logits.dispose();
        cache.dispose();
        assert.equal(tf.memory().numTensors, before, "tensors leaked");
      });
    });
  });
}
