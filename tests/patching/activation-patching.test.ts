import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { ActivationCache } from "../../src/model/activation-cache";
import type { ShortName } from "../../src/model/hook-names";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import * as family from "../../src/patching/activation-patching";
import type { LogitMetric } from "../../src/patching/readout";
import { randomStream } from "../../src/stats/random-stream";
import { randomModel } from "./random-model";

const LENGTH = 5;
const BATCH = 2;

/**
 * TransformerLens's `patching.py` (`generic_activation_patch` and its setters) done the slow way
 * here: one full hooked run of the batch for every patch.
 */
describe("getActPatch…", () => {
  let model: HookedTransformer;
  let corrupted: number[][];
  let cleanCache: ActivationCache;

  before(async () => {
    const sizes = { layers: 3, heads: 2, d_head: 4, d_mlp: 9, d_vocab: 15, n_ctx: 12 };
    model = await randomModel(sizes, 11);
    const random = randomStream(4, "activation patching");
    const batch = () =>
      Array.from({ length: BATCH }, () =>
        Array.from({ length: LENGTH }, () => random.integer(0, sizes.d_vocab - 1)),
      );
    const clean = batch();
    corrupted = batch();
    const [logits, cache] = model.runWithCache(clean);
    logits.dispose();
    cleanCache = cache;
  });
  after(() => {
    cleanCache.dispose();
    model.dispose();
  });

  /** Looks at two positions and both prompts, so that all of them have to be right. */
  const metric: LogitMetric = (logits) =>
    tf.sum(
      tf.mul(
        tf.slice(logits, [0, LENGTH - 2, 3], [-1, 2, 2]),
        tf.tensor2d([
          [1, -2],
          [3, 4],
        ]),
      ),
    );

  /** What lies at the place in one activation, and its neighbours along the other axes. */
  type Setter = (indices: number[], at: number[]) => boolean;
  const [byPos, byPosHead, byHead]: Setter[] = [
    ([, pos], [, t]) => t === pos,
    ([, pos, head], [, t, h]) => t === pos && h === head,
    ([, head], [, , h]) => h === head,
  ];
  const cases: [name: string, activation: ShortName, isPatched: Setter][] = [
    ["getActPatchResidPre", "resid_pre", byPos],
    ["getActPatchResidMid", "resid_mid", byPos],
    ["getActPatchAttnOut", "attn_out", byPos],
    ["getActPatchMlpOut", "mlp_out", byPos],
    ["getActPatchAttnHeadOutByPos", "z", byPosHead],
    ["getActPatchAttnHeadQByPos", "q", byPosHead],
    ["getActPatchAttnHeadKByPos", "k", byPosHead],
    ["getActPatchAttnHeadVByPos", "v", byPosHead],
    ["getActPatchAttnHeadOutAllPos", "z", byHead],
    ["getActPatchAttnHeadQAllPos", "q", byHead],
    ["getActPatchAttnHeadKAllPos", "k", byHead],
    ["getActPatchAttnHeadVAllPos", "v", byHead],
    ["getActPatchAttnHeadPatternAllPos", "pattern", ([, head], [, h]) => h === head],
    [
      "getActPatchAttnHeadPatternByPos",
      "pattern",
      ([, head, dest], [, h, t]) => h === head && t === dest,
    ],
    [
      "getActPatchAttnHeadPatternDestSrcPos",
      "pattern",
      ([, head, dest, src], [, h, t, s]) => h === head && t === dest && s === src,
    ],
    ["getActPatchMlpNeuronByPos", "post", ([, pos, n], [, t, m]) => t === pos && m === n],
    ["getActPatchMlpNeuronAllPos", "post", ([, n], [, , m]) => m === n],
  ];

  const byName = new Map<string, unknown>(Object.entries(family));
  for (const [name, activation, isPatched] of cases) {
    it(`${name} equals full runs`, async () => {
      const getActPatch = byName.get(name) as family.ActPatch<family.Nested>;
      const tensors = tf.memory().numTensors;
      const { axes, labels, values } = await getActPatch(model, corrupted, cleanCache, metric);
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(axes[0], "layer");
      for (const indices of allIndices(labels.map((label) => label.length))) {
        const expected = slowly(activation, indices, isPatched);
        const actual = indices.reduce<family.Nested>(
          (list, index) => (list as family.Nested[])[index],
          values,
        ) as number;
        const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
        assert.ok(error < 2e-5, `${indices}: ${actual} is not ${expected}`);
      }
    });
  }

  function slowly(activation: ShortName, indices: number[], isPatched: Setter): number {
    const hook = (value: tf.Tensor) => {
      const clean = cleanCache.get(activation, indices[0]).dataSync();
      const data = value.dataSync().slice();
      for (let i = 0; i < data.length; i++) {
        if (isPatched(indices, unravelled(i, value.shape))) data[i] = clean[i];
      }
      return tf.tensor(data, value.shape);
    };
    return tf.tidy(() => {
      const logits = model.runWithHooks(corrupted, {
        fwdHooks: [[[activation, indices[0]], hook]],
      });
      return (metric(logits) as tf.Tensor).dataSync()[0] as never;
    });
  }

  it("stacks every kind, with the axes of TransformerLens", async () => {
    const block = await family.getActPatchBlockEvery(model, corrupted, cleanCache, metric);
    assert.deepEqual(block.axes, ["patch_type", "layer", "pos"]);
    assert.deepEqual(block.labels[0], ["resid_pre", "attn_out", "mlp_out"]);
    const mlp = await family.getActPatchMlpOut(model, corrupted, cleanCache, metric);
    assert.deepEqual(block.values[2], mlp.values);

    const heads = await family.getActPatchAttnHeadByPosEvery(model, corrupted, cleanCache, metric);
    const pattern = await family.getActPatchAttnHeadPatternByPos(
      model,
      corrupted,
      cleanCache,
      metric,
    );
    assert.deepEqual(heads.axes, ["patch_type", "layer", "pos", "head"]);
    assert.equal(heads.values[4][1][3][0], pattern.values[1][0][3]);

    const all = await family.getActPatchAttnHeadAllPosEvery(model, corrupted, cleanCache, metric);
    assert.deepEqual(all.labels, [
      ["z", "q", "k", "v", "pattern"],
      [0, 1, 2],
      [0, 1],
    ]);
  });

  it("looks at the last logits alone, some layers and positions, if asked to", async () => {
    const last: LogitMetric = (logits) => {
      assert.deepEqual(logits.shape, [BATCH, 1, 15]);
      return tf.mean(tf.gather(logits, [4], 2));
    };
    const options = { layers: [-1, 0], positions: [4], logitsPos: "last" } as const;
    const some = await family.getActPatchMlpOut(model, corrupted, cleanCache, last, options);
    const whole = await family.getActPatchMlpOut(model, corrupted, cleanCache, (logits) =>
      tf.mean(tf.slice(logits, [0, LENGTH - 1, 4], [-1, 1, 1])),
    );
    assert.deepEqual(some.labels, [[2, 0], [4]]);
    for (const [i, layer] of [2, 0].entries()) {
      assert.ok(Math.abs(some.values[i][0] - whole.values[layer][4]) < 1e-5);
    }
  });

  it("refuses what does not fit", async () => {
    const run = (tokens: number[][]) => family.getActPatchMlpOut(model, tokens, cleanCache, metric);
    await assert.rejects(run([[1, 2, 3]]), /clean run is not of as many prompts/);
    await assert.rejects(run([[1, 2, 3, 4, 5], [1]]), /same length/);
    await assert.rejects(
      family.genericActivationPatch(model, corrupted, cleanCache, metric, "z", ["head"]),
      /first axis/,
    );
    await assert.rejects(
      family.getActPatchResidPre(model, corrupted, cleanCache, () => Number.NaN),
      /gives no number on prompt 0; found metric NaN/,
    );
    const [logits, small] = model.runWithCache(corrupted, { namesFilter: ["mlp_out", 0] });
    await assert.rejects(
      family.getActPatchResidPre(model, corrupted, small, metric),
      /was not kept/,
    );
    logits.dispose();
    small.dispose();
  });
});

function allIndices(shape: readonly number[]): number[][] {
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, (_, i) => unravelled(i, shape));
}

function unravelled(flat: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(flat % shape[axis]);
    flat = Math.floor(flat / shape[axis]);
  }
  return indices;
}
