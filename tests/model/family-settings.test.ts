import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openModelFolder } from "../../src/checkpoints/model-folder";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { FAMILIES } from "../../src/model/families/families";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { loadEngine } from "../../src/tensors/engine";
import { fixture, relativeToLargest } from "../golden";

const TOLERANCE = 1e-4;

/** Tensors of a model folder by name. */
async function tensorsOf(folder: string): Promise<Map<string, NamedArray>> {
  const { tensors } = await openModelFolder(folder);
  return new Map(tensors.names.map((name) => [name, tensors.read(name)]));
}

describe("config.json with the keys of older files", () => {
  before(() => loadEngine());

  for (const family of readdirSync(fixture("arch"))) {
    it(`is the same model: ${family}`, async () => {
      const folder = fixture("arch", family, "base-model");
      const tensors = await tensorsOf(folder);
      const config = (name: string) =>
        JSON.parse(readFileSync(fixture("arch", family, name), "utf8"));
      const [now, older] = ["base-model/config.json", "config.hub.json"].map((name) =>
        HookedTransformer.fromTensors(config(name), tensors),
      );
      assert.deepEqual(older.cfg, now.cfg);
      const tokens = Array.from({ length: 20 }, (_, i) => (7 * i + 3) % 100);
      const [a, b] = [now, older].map((model) => {
        const logits = model.forward(tokens);
        const values = logits.dataSync().slice();
        tf.dispose(logits);
        model.dispose();
        return values;
      });
      assert.deepEqual(a, b);
    });
  }
});

// Tiny random models of other settings than tests/fixtures/arch, as transformers 5.18 writes and runs them in float32:
// half precision, shards, tied and untied, biases, windows, kinds of rotary positions, keys that were left out.
describe("settings of the families", () => {
  const names = readdirSync(fixture("family-settings"));

  it("are shown for every family", () => {
    const shown = new Set(names.map((name) => name.split("-")[0]));
    assert.deepEqual([...shown].sort(), FAMILIES.map(({ model_type }) => model_type).sort());
  });

  for (const name of names) {
    it(`give transformers' logits and hidden states: ${name}`, async () => {
      const folder = fixture("family-settings", name);
      const expected = openSafetensors(join(folder, "reference.safetensors"));
      const model = await HookedTransformer.fromPretrainedNoProcessing(folder);
      assert.deepEqual(model.warnings, []);
      for (const prompt of [0, 1]) {
        const tokens = Array.from(expected.read(`${prompt}/tokens`).data as BigInt64Array, Number);
        const [logits, cache] = model.runWithCache(tokens);
        const hidden = Array.from({ length: model.cfg.n_layers }, (_, layer) =>
          cache.get("resid_pre", layer),
        );
        const check = (key: string, actual: tf.Tensor) => {
          const { data } = expected.read(`${prompt}/${key}`);
          const error = relativeToLargest(actual.dataSync(), data as Float32Array);
          assert.ok(error < TOLERANCE, `${key} is off by ${error}`);
        };
        check("logits", logits);
        [...hidden, cache.get("unembed.hook_in")].forEach((value, layer) => {
          check(`hidden_states.${layer}`, value);
        });
        logits.dispose();
        cache.dispose();
      }
      model.dispose();
    });

    it(`has the same log-probabilities processed: ${name}`, async () => {
      const folder = fixture("family-settings", name);
      const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
      const [raw, processed] = await Promise.all(
        [false, true].map(async (isOn) => {
          const model = isOn
            ? await HookedTransformer.fromPretrained(folder)
            : await HookedTransformer.fromPretrainedNoProcessing(folder);
          const values = tf.tidy(() => tf.logSoftmax(model.forward(tokens)).dataSync().slice());
          model.dispose();
          return values;
        }),
      );
      assert.ok(relativeToLargest(processed, raw) < TOLERANCE);
    });
  }
});
