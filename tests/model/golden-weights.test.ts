import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight, weightNames } from "../../src/model/named-weights";
import { fixture, relativeToLargest } from "../golden";

// Expected numbers: TransformerLens 3 (weights_*.safetensors of golden-a).
describe("weights are TransformerLens's", () => {
  for (const [kind, load] of [
    ["processed", HookedTransformer.fromPretrained],
    ["unprocessed", HookedTransformer.fromPretrainedNoProcessing],
  ] as const) {
    for (const folder of ["base-model", "base-model-sharded", "base-model-bin"]) {
      it(`${kind}, from ${folder}`, async () => {
        const model = await load(fixture("golden-a", folder));
        const expected = openSafetensors(fixture("golden-a", `weights_${kind}.safetensors`));
        assert.deepEqual([...weightNames(model)].sort(), [...expected.names].sort());
        for (const name of expected.names) {
          const { data, shape } = expected.read(name);
          const actual = getWeight(model, name);
          assert.deepEqual(actual.shape, shape, name);
          const values = actual.dataSync();
          const scale = Math.max(...Array.from(data as Float32Array, Math.abs));
          // b_V is zero after folding: compare against zero itself.
          const error =
            scale === 0
              ? Math.max(...values.map(Math.abs))
              : relativeToLargest(values, data as Float32Array);
          assert.ok(error < 1e-5, `${name} is off by ${error}`);
          actual.dispose();
        }
        model.dispose();
        expected.close();
      });
    }
  }
});
