import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../src/errors";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { measurePrompts } from "../../src/heads/measured-prompts";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { cleanRuns } from "../../src/patching/clean-runs";
import { patchHead } from "../../src/patching/head-experiment";
import { neuronSweep } from "../../src/patching/neuron-sweep";
import { neededForPatch, patch } from "../../src/patching/patch";
import type { Variant } from "../../src/patching/place";
import {
  activationReadout,
  combinedReadout,
  metricReadout,
  predictionReadout,
} from "../../src/patching/readout";
import { countCleanRuns } from "./count-clean-runs";
import { linearHead } from "./linear-head";
import { randomModel } from "./random-model";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 10, d_vocab: 20, n_ctx: 24 };
const D = SIZES.heads * SIZES.d_head;

/** Of lengths in two spans of similar ones. */
const PROMPTS = [18, 3, 5, 20, 4, 17].map((length, i) =>
  Array.from({ length }, (_, t) => (7 * i + 3 * t * t + 1) % SIZES.d_vocab),
);

const VARIANTS: Record<string, readonly Variant[]> = {
  "one neuron": [{ hook: ["post", 1], index: 3, patch: ["scale", 2] }],
  "other neurons there": [0, 4, 9].map((index) => ({ hook: ["post", 1], index, patch: ["zero"] })),
  "another layer": [{ hook: ["mlp_out", 0], index: 1, patch: ["add", 1] }],
  "another position": [{ hook: ["resid_pre", 1], pos: 1, patch: ["zero"] }],
  everywhere: [{ hook: ["z", 0], head: 1, pos: "all", patch: ["scale", 3] }],
  "the mean": [{ hook: ["q", 2], patch: ["mean"] }],
  "another prompt's": [{ hook: ["post", 2], index: 2, patch: ["resample", 2] }],
  "a pattern": [{ hook: ["pattern", 1], head: 0, index: 0, patch: ["set", 0.5] }],
  "the embedding": [{ hook: "hook_embed", pos: 0, patch: ["scale", 0.5] }],
};

describe("clean runs that are kept", () => {
  let model: HookedTransformer;
  let head: BoundHead;
  let other: BoundHead;
  let tensors: number;
  before(async () => {
    model = await randomModel(SIZES, 4);
    const bound = (layerType: string, layer: number, neuron: number) =>
      bindHead(linearHead({ layerType, layer, neuron, featureLayer: 2, d_model: D }).files, model);
    head = bound("post", 1, 3);
    other = bound("mlp_out", 0, 5);
  });
  after(() => model.dispose());
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => assert.equal(tf.memory().numTensors, tensors, "tensors left behind"));

  // In batches of one prompt, of some, and of all.
  for (const maxBytes of [1, 40_000, undefined]) {
    it(`give every patch the numbers that it has without them, bit for bit: maxBytes ${maxBytes}`, async () => {
      const read = activationReadout(["resid_post", 2], model.cfg, "last");
      for (const [name, variants] of Object.entries(VARIANTS)) {
        const clean = cleanRuns(model, PROMPTS);
        const alone = await patch(model, PROMPTS, variants, { read, maxBytes });
        for (const time of [1, 2]) {
          const shared = await patch(model, PROMPTS, variants, { read, maxBytes, clean });
          assert.deepEqual(shared, alone, `${name}, time ${time}`);
        }
        clean.dispose();
      }
    });
  }

  it("are the same whatever was asked of them before, but for batches of other prompts", async () => {
    const read = activationReadout(["resid_post", 2], model.cfg, "last");
    const names = Object.keys(VARIANTS);
    for (const [order, sizes] of [
      [names, [undefined, 40_000, 1]],
      [[...names].reverse(), [1, undefined, 40_000]],
    ] as const) {
      const clean = cleanRuns(model, PROMPTS);
      for (const [i, name] of [...order, ...order].entries()) {
        const options = { read, maxBytes: sizes[i % 3] };
        const alone = await patch(model, PROMPTS, VARIANTS[name], options);
        const shared = await patch(model, PROMPTS, VARIANTS[name], { ...options, clean });
        const numbers = ({ clean, patched }: typeof alone) =>
          [clean, ...patched].flat().flatMap((reading) => Object.values(reading!)[0]);
        const expected = numbers(alone).map((values) => [...values]);
        numbers(shared).forEach((values, row) => {
          values.forEach((value, k) => {
            const error = Math.abs(value - expected[row][k]);
            assert.ok(error < 1e-4, `${name}, ${i}: off by ${error}`);
          });
        });
      }
      clean.dispose();
    }
  });

  it("run each prompt once, and again only for what is missing", async () => {
    const clean = cleanRuns(model, PROMPTS);
    const runs = countCleanRuns(model, PROMPTS);
    const passes = async (name: string) => {
      await patch(model, PROMPTS, VARIANTS[name], { read: head, clean });
      return runs.passes();
    };
    assert.equal(await passes("one neuron"), 1);
    assert.equal(await passes("one neuron"), 1);
    assert.equal(await passes("other neurons there"), 1);
    assert.equal((await patchHead(head, PROMPTS, [["mean", 0]], { clean })).patched.length, 1);
    assert.equal(runs.passes(), 1);
    clean.measured(measurePrompts(head, PROMPTS), "blocks.1.mlp.hook_post");
    assert.equal(runs.passes(), 1);
    // A lower layer: its stream, keys and values.
    assert.equal(await passes("another layer"), 2);
    const asked = runs.names().at(-1)!;
    assert.ok(asked.includes("blocks.0.hook_mlp_out"));
    assert.ok(!asked.includes("blocks.2.attn.hook_k"), "these are kept already");
    assert.equal(await passes("one neuron"), 2);
    runs.stop();
    clean.dispose();
  });

  it("are shared by the blocks of a sweep", async () => {
    const hooks = [["post", 1] as const, ["mlp_out", 0] as const];
    const options = { read: head, hooks, maxBytes: 1 };
    const alone = await neuronSweep(model, PROMPTS, options);
    const clean = cleanRuns(model, PROMPTS);
    const runs = countCleanRuns(model, PROMPTS);
    assert.deepEqual(await neuronSweep(model, PROMPTS, { ...options, clean }), alone);
    assert.deepEqual(await neuronSweep(model, PROMPTS, { ...options, clean }), alone);
    assert.ok(runs.passes() <= 2, String(runs.passes()));
    runs.stop();
    clean.dispose();
  });

  it("keep no more than there is room for: the rest is run again, with the same numbers", async () => {
    const variants = VARIANTS["one neuron"];
    const small = { read: head, maxBytes: 40_000 };
    const alone = await patch(model, PROMPTS, variants, small);
    const again: number[] = [];
    for (const maxBytes of [0, 4_000, 9_000, 1e9]) {
      const clean = cleanRuns(model, PROMPTS, { maxBytes });
      const before = tf.memory().numBytes;
      const runs = countCleanRuns(model, PROMPTS);
      for (let time = 0; time < 3; time++) {
        assert.deepEqual(await patch(model, PROMPTS, variants, { ...small, clean }), alone);
        assert.ok(tf.memory().numBytes - before <= maxBytes, `more than ${maxBytes} bytes`);
      }
      again.push(runs.passes());
      runs.stop();
      clean.dispose();
    }
    assert.equal(again[0], 3);
    assert.equal(again.at(-1), 1);
    assert.ok(again[0] > again[1] && again[1] > again[2] && again[2] > 1, again.join(" "));
  });

  it("are of some of the prompts too, and of prompts that are given twice", async () => {
    const measured = measurePrompts(head, [...PROMPTS, PROMPTS[1], PROMPTS[3]]);
    const once = measured.only(measured.distinct());
    const some = measured.only([4, 0]);
    const clean = cleanRuns(model, measured);
    await patchHead(head, measured, [["zero", 0]], { clean });
    const runs = countCleanRuns(model, PROMPTS);
    for (const prompts of [once, some]) {
      const alone = await patchHead(head, prompts, [["zero", 0]]);
      const before = runs.passes();
      const shared = await patchHead(head, prompts, [["zero", 0]], { clean });
      assert.equal(runs.passes(), before);
      shared.patched[0].prediction.forEach((value, i) => {
        assert.ok(Math.abs(value - alone.patched[0].prediction[i]) < 1e-5);
      });
      const rows = clean.measured(prompts, "blocks.1.mlp.hook_post");
      assert.deepEqual(
        rows.map((row) => row[3]),
        shared.baseline.activation,
      );
    }
    runs.stop();
    clean.dispose();
  });

  it("leave nothing behind where a step fails", async () => {
    const clean = cleanRuns(model, PROMPTS);
    const read = { ...predictionReadout(head), read: () => assert.fail("in the middle") };
    await assert.rejects(
      patch(model, PROMPTS, VARIANTS["one neuron"], { read, clean }),
      /in the middle/,
    );
    clean.dispose();
  });

  it("are of these prompts and this model only, until they are disposed", async () => {
    const clean = cleanRuns(model, PROMPTS);
    const variants = VARIANTS["one neuron"];
    const read = ["resid_post", 2] as const;
    const refused = (run: Promise<unknown>, message: RegExp) =>
      assert.rejects(run, (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        return true;
      });
    await refused(patch(model, [[1, 2]], variants, { read, clean }), /of other prompts; found tok/);
    const second = await randomModel(SIZES, 5);
    await refused(patch(second, PROMPTS, variants, { read, clean }), /of another model/);
    second.dispose();
    clean.dispose();
    await refused(patch(model, PROMPTS, variants, { read, clean }), /were disposed/);
    assert.throws(() => cleanRuns(model, PROMPTS, { maxBytes: Number.NaN }), /amount of memory/);
    assert.throws(() => cleanRuns(model, []), InputError);
  });

  it("read several heads from the same patched runs", async () => {
    const variants = [...VARIANTS["one neuron"], ...VARIANTS["another layer"]];
    const both = await patch(model, PROMPTS, variants, { read: [head, other] });
    for (const [i, one] of [head, other].entries()) {
      const alone = await patch(model, PROMPTS, variants, { read: one });
      assert.deepEqual(
        both.clean.map((readings) => readings[i]),
        alone.clean,
      );
      assert.deepEqual(
        both.patched.map((ofVariant) => ofVariant.map((readings) => readings![i])),
        alone.patched,
      );
    }
    const readouts = [head, other].map((one) => predictionReadout(one));
    const combined = await patch(model, PROMPTS, variants, { read: combinedReadout(readouts) });
    assert.deepEqual(combined.patched, both.patched);
  });

  it("read only heads together that measure the same token, of the same model", async () => {
    const variants = VARIANTS["one neuron"];
    const first = { ...other, position: () => 0 };
    await assert.rejects(
      patch(model, PROMPTS, variants, { read: [head, first] }),
      /measures another token; found token 17 of prompt 0, expected token 0/,
    );
    const stranger = { ...other, model: Object.create(model) as HookedTransformer };
    await assert.rejects(
      patch(model, PROMPTS, variants, { read: [head, stranger] }),
      /the head reads another model/,
    );
    const logits = metricReadout((all) => tf.mean(all), PROMPTS.length, "all");
    assert.throws(
      () => combinedReadout([predictionReadout(head), logits]),
      /cannot be read together; found positions last and all/,
    );
    assert.throws(() => combinedReadout([]), /found none/);
  });

  it("are made at once for all that several calls of patch take", async () => {
    const measured = measurePrompts({ model }, PROMPTS);
    for (const [what, variants] of Object.entries(VARIANTS)) {
      if (what === "a pattern") continue;
      const clean = cleanRuns(model, PROMPTS);
      const runs = countCleanRuns(model, PROMPTS);
      clean.runAll(measured, neededForPatch(model, measured, variants, head));
      const { patched } = await patch(model, measured, variants, { read: head, clean });
      assert.equal(runs.passes(), 1, what);
      runs.stop();
      const alone = await patch(model, measured, variants, { read: head });
      assert.deepEqual(patched, alone.patched, what);
      clean.dispose();
    }
  });

  it("are not made in advance where they cannot be kept", async () => {
    const measured = measurePrompts({ model }, PROMPTS);
    const variants = VARIANTS["one neuron"];
    const clean = cleanRuns(model, PROMPTS, { maxBytes: 0 });
    const runs = countCleanRuns(model, PROMPTS);
    clean.runAll(measured, neededForPatch(model, measured, variants, head));
    assert.ok(runs.passes() <= 1);
    runs.stop();
    const { patched } = await patch(model, measured, variants, { read: head, clean });
    assert.deepEqual(patched, (await patch(model, measured, variants, { read: head })).patched);
    clean.dispose();
  });
});
