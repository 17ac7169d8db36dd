import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../src/errors";
import { hookPoint } from "../../src/model/hook-points";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { patch } from "../../src/patching/patch";
import type { Variant } from "../../src/patching/place";
import { prefixRuns } from "../../src/patching/prefix-runs";
import { relativeToLargest } from "../golden";
import { randomModel } from "./random-model";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 9, d_vocab: 20, n_ctx: 12 };
const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const READ = ["resid_post", -1] as const;
const NAME = "blocks.2.hook_resid_post";
const VARIANTS: readonly Variant[] = [
  { hook: ["post", 1], index: 3, patch: ["set", 2] },
  { hook: ["z", 0], head: 1, patch: ["zero"] },
  { hook: ["resid_pre", 2], patch: ["scale", 0.5] },
  { hook: ["pattern", 1], head: 0, patch: ["scale", 0.5] },
];

/** Float32 in batches of another shape. */
const TOLERANCE = 1e-5;

describe("the run of a prompt, for patches at any of its tokens", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await randomModel(SIZES, 7);
  });
  after(() => model.dispose());
  const runs = () => {
    const reads = [hookPoint(READ, model.cfg)];
    return prefixRuns(model, TOKENS, { patched: hookPoint(["post", 1], model.cfg), reads });
  };

  it("gives what a run of the prompt's beginning alone gives, at every token", async () => {
    const { numTensors } = tf.memory();
    const kept = runs();
    // A place twice, and back again: what is kept of the one before is another's.
    for (const position of [...TOKENS.keys(), TOKENS.length - 1, 3, 3]) {
      const prompt = kept.upTo(position);
      assert.deepEqual(prompt, TOKENS.slice(0, position + 1));
      const found = await patch(model, [prompt], VARIANTS, { read: READ, clean: kept.clean });
      const expected = await patch(model, [prompt], VARIANTS, { read: READ });
      for (const [i, [reading]] of expected.patched.entries()) {
        const error = relativeToLargest(found.patched[i][0]![NAME], reading![NAME]);
        assert.ok(error < TOLERANCE, `variant ${i} at ${position} is off by ${error}`);
      }
      assert.ok(relativeToLargest(found.clean[0][NAME], expected.clean[0][NAME]) < TOLERANCE);
    }
    kept.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });

  it("gives activations at every token, and frees what it keeps", () => {
    const { numTensors } = tf.memory();
    const kept = runs();
    const activation = kept.activation(hookPoint(["post", 1], model.cfg));
    assert.deepEqual(activation.shape, [TOKENS.length, SIZES.d_mlp]);
    activation.dispose();
    kept.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });

  it("is of one prompt", async () => {
    const kept = runs();
    const other = patch(model, [[3, 2]], VARIANTS, { read: READ, clean: kept.clean });
    await assert.rejects(other, InputError);
    kept.dispose();
  });
});

describe("unpatched readings that are known", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await randomModel(SIZES, 7);
  });
  after(() => model.dispose());

  it("are taken as they are, and the patched ones are the same", async () => {
    const prompts = [TOKENS, TOKENS.slice(0, 4)];
    const expected = await patch(model, prompts, VARIANTS, { read: READ });
    const unpatched = expected.clean;
    const found = await patch(model, prompts, VARIANTS, { read: READ, unpatched });
    assert.deepEqual(found.clean, unpatched);
    for (const [i, ofPrompts] of expected.patched.entries()) {
      for (const [prompt, reading] of ofPrompts.entries()) {
        const error = relativeToLargest(found.patched[i][prompt]![NAME], reading![NAME]);
        assert.ok(error < TOLERANCE, `variant ${i} on prompt ${prompt} is off by ${error}`);
      }
    }
    // What changes nothing is read from what was given.
    const nothing: Variant = { hook: ["post", 1], index: 3, patch: ["scale", 1] };
    const same = await patch(model, prompts, [nothing], { read: READ, unpatched });
    assert.equal(same.patched[0][0], unpatched[0]);
  });

  it("are one for each prompt", async () => {
    const unpatched = (await patch(model, [TOKENS], VARIANTS, { read: READ })).clean;
    const wrong = patch(model, [TOKENS, [1]], VARIANTS, { read: READ, unpatched });
    await assert.rejects(wrong, /unpatched readings are not of these prompts; found 1, expected 2/);
  });
});
