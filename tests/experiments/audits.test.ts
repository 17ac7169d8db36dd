import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { analyzeAudit, analyzeAudits } from "../../src/experiments/audit/audits";
import type { AuditResult } from "../../src/experiments/audit/result";
import type { BoundHead } from "../../src/heads/bind-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import { randomStream } from "../../src/stats/random-stream";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { writeRandomModel } from "../patching/random-model";

/** More hidden neurons than a ranking takes. */
const SIZES = {
  ...{ layers: 3, heads: 2, d_head: 8, d_mlp: 600, d_vocab: 50, n_ctx: 12 },
} as const;
const D_MODEL = SIZES.heads * SIZES.d_head;

describe("audits of several heads", () => {
  const folder = temporaryFolder();
  const random = randomStream(3, "audits");
  const texts = Array.from({ length: 110 }, () =>
    Array.from({ length: random.integer(2, 9) }, () => random.integer(0, SIZES.d_vocab - 1)),
  );
  const options = { texts, timestamp: "2026-01-01T00:00:00Z", progress: null };
  let base: HookedTransformer;
  let heads: BoundHead[];

  before(async () => {
    const model = join(folder, "model");
    mkdirSync(model);
    await writeRandomModel(model, SIZES, 3);
    base = await openBase(model);
    // Two hooks, two streams that are read, targets within and beyond the neurons that are ranked.
    const places = [
      ["post", 1, 3, -1],
      ["post", 1, 599, 1],
      ["mlp_out", 1, 4, -1],
      ["post", 1, 300, -1],
      ["mlp_out", 1, 9, -1],
      ["resid_post", 2, 1, 0],
    ] as const;
    heads = [];
    for (const place of places) heads.push(await openHead(await written(place), { base }));
  });
  after(() => base.dispose());

  /** A head with random weights for a target, as `[layer type, layer, neuron, layer that is read]`. */
  async function written([layer_type, target_layer, target_neuron, feature_layer]: readonly [
    string,
    number,
    number,
    number,
  ]): Promise<string> {
    const path = join(folder, `${layer_type} ${target_layer} ${target_neuron}`);
    mkdirSync(path);
    const head_config = { input_dim: D_MODEL, hidden_dim: null };
    const target = { layer_type, target_layer, target_neuron, feature_layer };
    const config = { head_type: "regression", ...target, head_config };
    writeFileSync(join(path, "config.json"), JSON.stringify(config));
    const weights = Float32Array.from({ length: D_MODEL }, () => random.gaussian());
    await writeSafetensors(
      join(path, "head.safetensors"),
      new Map([
        ["output.weight", { dtype: "float32", shape: [1, D_MODEL], data: weights }],
        ["output.bias", { dtype: "float32", shape: [1], data: new Float32Array(1) }],
      ]),
    );
    return path;
  }

  it("give each the bytes that it has alone, in any order", async () => {
    const alone: AuditResult[] = [];
    for (const head of heads) alone.push(await analyzeAudit(head, options));
    const tensors = tf.memory().numTensors;
    for (const order of [
      [0, 1, 2, 3, 4, 5],
      [5, 4, 3, 2, 1, 0],
      [1, 4, 3],
    ]) {
      const told: number[] = [];
      const audited = await analyzeAudits(
        order.map((place) => heads[place]),
        options,
        (_, place) => {
          told.push(place);
        },
      );
      assert.deepEqual([...told].sort(), [...order.keys()]);
      audited.forEach((one, i) => {
        assert.equal(one.status, "fulfilled");
        const value = one.status === "fulfilled" && one.value;
        assert.equal(JSON.stringify(value), JSON.stringify(alone[order[i]]), `head ${order[i]}`);
      });
    }
    assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
    const { specificity } = alone[1];
    assert.deepEqual([specificity.neurons, specificity.of], [512, 512]);
    assert.equal(alone[5].verdict, "cannot be tested this way");
  });

  it("one that has no number keeps no other from its own", async () => {
    const beyond: BoundHead["predict"] = (read) =>
      heads[0].predict(read).map((prediction) => prediction * Number.MAX_VALUE * 10);
    const broken = { ...heads[0], predict: beyond };
    const [first, failed, last] = await analyzeAudits([heads[0], broken, heads[3]], options);
    assert.equal(failed.status, "rejected");
    assert.match(String(failed.status === "rejected" && failed.reason), /finite number/);
    for (const [one, head] of [
      [first, heads[0]],
      [last, heads[3]],
    ] as const) {
      const value = one.status === "fulfilled" && one.value;
      assert.equal(JSON.stringify(value), JSON.stringify(await analyzeAudit(head, options)));
    }
  });

  it("count their runs", async () => {
    const seen: number[] = [];
    const bar = { update: (done: number) => seen.push(done), done() {} };
    const progress = { ...bar, breathe: async () => {}, report: () => {} };
    await analyzeAudits([heads[0], heads[3]], { ...options, progress });
    // On 16 texts with 20 donors 512 neurons for both, and neuron 300, which is none of these; for each two
    // kinds of runs on all texts.
    assert.equal(seen.at(-1), 513 * 16 * 20 + 2 * 2 * 110 * 20);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
  });
});
