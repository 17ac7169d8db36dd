import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import type { BoundHead } from "../../src/heads/bind-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import { trainHead } from "../../src/training/train-head";
import { countCleanRuns } from "../patching/count-clean-runs";
import { writeRandomModel } from "../patching/random-model";
import { headOnDisk } from "./head-on-disk";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 40, d_vocab: 30, n_ctx: 40 };

/** Of many lengths; none is among the texts that the head is trained on. */
const PROMPTS = Array.from({ length: 12 }, (_, i) =>
  Array.from({ length: 2 + 3 * i }, (__, t) => (5 * i + t * t + 29) % SIZES.d_vocab),
);
const TEXTS = Array.from({ length: 80 }, (_, i) =>
  Array.from({ length: 1 + (i % 9) }, (__, t) => (i + 3 * t * t + i * t) % 28),
);

describe("an analysis runs each prompt unpatched once", () => {
  const root = mkdtempSync(join(tmpdir(), "tslens-one-clean-run-"));
  let model: HookedTransformer;
  const heads: Record<string, BoundHead> = {};

  before(async () => {
    await writeRandomModel(root, SIZES, 9);
    model = await openBase(root);
    const trained = await trainHead(model, {
      ...{ layer: 1, neuron: 3, layerType: "post", texts: TEXTS, out: root },
      cacheFolder: join(root, "cache"),
    });
    heads.linear = await openHead(trained.directory, { base: model });
    for (const [name, options] of Object.entries({
      hidden: { hidden_dim: 5, target_layer: 0 },
      classification: { head_type: "classification", bin_edges: [0, 1, 2, 4], token_pos: -1 },
      token: { head_type: "token", layer_type: "resid_post", target_layer: 2 },
      "second token": { layer_type: "attn_out", target_layer: 1, token_pos: 1 },
    } as const)) {
      await headOnDisk(join(root, name), model, options);
      heads[name] = await openHead(join(root, name), { base: model });
    }
  });
  after(() => {
    model.dispose();
    rmSync(root, { recursive: true });
  });

  for (const name of ["linear", "hidden", "classification", "token", "second token"]) {
    it(`for scaling, quantiles, direct effect and both controls: ${name}`, async () => {
      const head = heads[name];
      const tensors = tf.memory().numTensors;
      const cut = PROMPTS.map((ids) => ids.slice(0, head.position(ids.length) + 1));
      const runs = countCleanRuns(model, cut);
      const controls = { neurons: 4, heads: 2, texts: TEXTS };
      const result = await analyzeActivationPatching(head, PROMPTS, { controls });
      assert.equal(runs.passes(), 1);
      runs.stop();
      assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
      // All that needs a clean run was there.
      assert.equal(result.quantiles.reason, null);
      assert.equal(result.direct_effect.reason, null);
      assert.ok(result.controls.neurons.neurons.length > 0);
      assert.equal(result.controls.shuffled_labels.heads.length, name === "linear" ? 2 : 0);
    });
  }

  it("and a sweep twice: for the patches, and for the estimate by gradients", async () => {
    const tensors = tf.memory().numTensors;
    const runs = countCleanRuns(model, PROMPTS);
    const { target } = await analyzeNeuronSweep(heads.linear, PROMPTS);
    assert.equal(runs.passes(), 2);
    runs.stop();
    assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
    assert.ok(target!.rank! >= 1);
  });

  it("and leaves nothing behind where it fails", async () => {
    const tensors = tf.memory().numTensors;
    const broken = { ...heads.linear, rounding: () => assert.fail("in the middle") };
    await assert.rejects(analyzeActivationPatching(broken, PROMPTS), /in the middle/);
    await assert.rejects(analyzeNeuronSweep(broken, PROMPTS), /in the middle/);
    assert.equal(tf.memory().numTensors, tensors);
  });
});
