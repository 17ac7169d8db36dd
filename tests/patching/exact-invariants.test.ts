import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import type { HookName } from "../../src/model/hook-names";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { mlpNeuronWeights } from "../../src/model/named-weights";
import { patchHead } from "../../src/patching/head-experiment";
import type { Patch } from "../../src/patching/patch-kinds";
import { scalingExperiment } from "../../src/patching/scaling-experiment";
import { fixture, goldenSequences } from "../golden";
import { type LinearHeadOptions, linearHead } from "./linear-head";

/** What must hold whatever the weights (SPEC section 6); expected values are computed here. */
describe("patching", () => {
  const prompts = goldenSequences();
  let model: HookedTransformer;
  const bound = (options: Omit<LinearHeadOptions, "d_model">) => {
    const { files, weights } = linearHead({ ...options, d_model: model.cfg.d_model });
    return { head: bindHead(files, model), weights };
  };

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  it("by factor 1 changes nothing, bit for bit, and a target after the features changes nothing", async () => {
    const { head } = bound({ layerType: "mlp_out", layer: 1, neuron: 3, featureLayer: -1 });
    const same = await patchHead(head, prompts, [["scale", 1]]);
    assert.deepEqual(same.patched[0].activation, same.baseline.activation);
    assert.deepEqual(same.patched[0].prediction, same.baseline.prediction);

    const { head: later } = bound({ layerType: "post", layer: 3, neuron: 5, featureLayer: 1 });
    assert.equal(later.targetCanMatter, false);
    const patches: Patch[] = [
      ["set", 5],
      ["scale", -3],
      ["zero", 0],
      ["add", 1],
      ["mean", 0],
      ["resample", 1],
    ];
    const after = await patchHead(later, prompts, patches);
    for (const run of after.patched) assert.deepEqual(run.prediction, after.baseline.prediction);
    const { regression } = await scalingExperiment(later, prompts);
    assert.equal(regression.slope, 0);
  });

  it("with features of the patched layer has its slope in closed form, the same for every prompt", async () => {
    for (const [layerType, neuron] of [
      ["post", 17],
      ["mlp_out", 9],
    ] as const) {
      const { head, weights } = bound({ layerType, layer: 2, neuron, featureLayer: 2 });
      const row = mlpNeuronWeights(model, 2, neuron).output;
      const expected =
        layerType === "mlp_out"
          ? weights[neuron]
          : weights.reduce((sum, w, i) => sum + w * row[i], 0);
      const { regression, per_input } = await scalingExperiment(head, prompts);
      const fits = [{ ...regression, r2: regression.r_squared }, ...per_input];
      for (const { slope, r2 } of fits) {
        assert.ok(
          Math.abs(slope! - expected) < 2e-4 * Math.abs(expected),
          `${layerType}: ${slope} is not ${expected}`,
        );
        assert.ok(Math.abs(r2! - 1) < 1e-6, `${layerType}: R² ${r2}`);
      }
    }
  });

  it("one token on cached keys and values equals the full run, whatever is patched", async () => {
    const cases: Omit<LinearHeadOptions, "d_model">[] = [
      { layerType: "resid_pre", layer: 1, neuron: 5, featureLayer: 3 },
      { layerType: "resid_mid", layer: 0, neuron: 8, featureLayer: -1 },
      { layerType: "resid_post", layer: 2, neuron: 11, featureLayer: -1 },
      { layerType: "attn_out", layer: 1, neuron: 2, featureLayer: 2 },
      { layerType: "mlp_out", layer: 0, neuron: 40, featureLayer: -1 },
      { layerType: "pre", layer: 1, neuron: 100, featureLayer: -1 },
      { layerType: "post", layer: 3, neuron: 191, featureLayer: -1 },
      { layerType: "q", layer: 1, neuron: 13, featureLayer: -1 },
      { layerType: "k", layer: 2, neuron: 0, featureLayer: -1 },
      { layerType: "v", layer: 0, neuron: 47, featureLayer: -1 },
      { layerType: "z", layer: 2, neuron: 30, featureLayer: -1 },
      { layerType: "result", layer: 1, neuron: 100, featureLayer: -1 },
      { layerType: "ln2.hook_normalized", layer: 1, neuron: 4, featureLayer: -1 },
      { layerType: "ln1.hook_scale", layer: 2, neuron: 0, featureLayer: -1 },
      { layerType: "hook_embed", layer: 0, neuron: 6, featureLayer: -1 },
    ];
    for (const options of cases) {
      const { head } = bound(options);
      const { baseline, patched } = await patchHead(head, prompts, [
        ["set", 2.5],
        ["scale", -1],
      ]);
      prompts.forEach((tokens, i) => {
        const where = `${options.layerType}, prompt ${i}`;
        const clean = fullRun(head, tokens, null);
        near(baseline.activation[i], clean.activation, where);
        near(baseline.prediction[i], clean.prediction, where);
        for (const run of patched) {
          const full = fullRun(head, tokens, run.activation[i]);
          near(run.prediction[i], full.prediction, `${where}, ${run.patch}`);
        }
      });
    }
  });

  it("leaves no tensor behind, also when it fails", async () => {
    const { head } = bound({ layerType: "post", layer: 1, neuron: 3, featureLayer: -1 });
    const before = tf.memory().numTensors;
    await patchHead(head, prompts, [["set", 1]]);
    await assert.rejects(
      patchHead(head, prompts.slice(0, 1), [["resample", 1]]),
      /needs another prompt/,
    );
    await assert.rejects(patchHead(head, [], [["set", 1]]), /there is no prompt/);
    await assert.rejects(patchHead(head, [[1], []], [["set", 1]]), /prompt 1 is empty/);
    await assert.rejects(scalingExperiment(head, prompts, { factors: [] }), /no factor/);
    await assert.rejects(
      scalingExperiment(head, prompts, { factors: [Number.NaN] }),
      /not a patch/,
    );
    assert.equal(tf.memory().numTensors, before);
  });
});

/** The slow, obvious way: the whole prompt through the whole model with one number replaced. */
function fullRun(head: BoundHead, tokens: readonly number[], value: number | null) {
  const { model, hook, index } = head;
  const last = tokens.length - 1;
  const replace = (activation: tf.Tensor) => {
    if (value === null) return;
    const flat = activation.dataSync().slice();
    const size = flat.length / tokens.length;
    flat[last * size + index] = value;
    return tf.tensor(flat, activation.shape);
  };
  const [logits, cache] = model.runWithCache([...tokens], {
    fwdHooks: [[hook, replace]],
    namesFilter: [hook, ...head.reads],
  });
  const atLast = (name: HookName) => {
    const data = cache.get(name).dataSync();
    const size = data.length / tokens.length;
    return data.slice(last * size, (last + 1) * size);
  };
  const activation = atLast(hook)[index];
  const [read] = head.reads;
  const features = tf.tensor2d(atLast(read) as Float32Array, [1, atLast(read).length]);
  const [prediction] = head.predict(new Map([[read, features]]));
  features.dispose();
  logits.dispose();
  cache.dispose();
  return { activation, prediction };
}

function near(actual: number, expected: number, what: string) {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(error < 2e-5, `${what}: ${actual} is not ${expected}`);
}
