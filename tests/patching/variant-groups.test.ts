import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { patch } from "../../src/patching/patch";
import type { PatchedPlace } from "../../src/patching/place";
import { relativeToLargest } from "../golden";
import { randomModel } from "./random-model";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 9, d_vocab: 20, n_ctx: 24 };
const READ = ["resid_post", -1] as const;

/** Float32 in batches of another shape. */
const TOLERANCE = 1e-5;

const HOOKS: readonly Omit<PatchedPlace, "pos">[] = [
  { hook: ["attn_out", 0], patch: ["set", 0.7] },
  { hook: ["mlp_out", 1], patch: ["zero"] },
  { hook: ["post", 0], index: 4, patch: ["set", 2] },
  { hook: ["z", 1], head: 1, patch: ["scale", -1] },
  { hook: ["pattern", 1], head: 0, patch: ["scale", 0.5] },
  { hook: ["v", 2], patch: ["add", 1] },
];

describe("variants at neighbouring positions, which are run together", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await randomModel(SIZES, 11);
  });
  after(() => model.dispose());
  const ids = (length: number, step: number) =>
    Array.from({ length }, (_, i) => (step * i + 3) % SIZES.d_vocab);

  /** Each variant beside a call of its own, in which nothing can be joined. */
  async function checkApart(prompts: readonly number[][], variants: readonly PatchedPlace[]) {
    const together = await patch(model, prompts, variants, { read: READ });
    assert.ok(together.isComplete);
    let largest = 0;
    for (const [i, variant] of variants.entries()) {
      const alone = await patch(model, prompts, [variant], { read: READ });
      assert.deepEqual(together.activation[i], alone.activation[0]);
      for (const prompt of prompts.keys()) {
        const [found, expected] = [together.patched[i], alone.patched[0]].map(
          (ofVariant) => ofVariant[prompt]!["blocks.2.hook_resid_post"],
        );
        const error = relativeToLargest(found, expected);
        assert.ok(error < TOLERANCE, `${JSON.stringify(variant)} is off by ${error}`);
        const clean = alone.clean[prompt]["blocks.2.hook_resid_post"];
        largest = Math.max(largest, relativeToLargest(found, clean));
      }
    }
    assert.ok(largest > 0.01, "nothing was patched");
  }

  it("gives what each gives alone, at every position of one prompt", async () => {
    const positions = Array.from({ length: 20 }, (_, pos) => pos);
    const variants = HOOKS.flatMap((place) => positions.map((pos) => ({ ...place, pos })));
    await checkApart([ids(20, 7)], variants);
  });

  it("in any order, also counted from the end, beside those at the last and at all positions", async () => {
    const positions = [5, -1, 3, -3, 4, "last", 0, -2, "all", 11, 2, -12] as const;
    const variants = positions.flatMap((pos) => HOOKS.map((place) => ({ ...place, pos })));
    await checkApart([ids(12, 3)], variants);
  });

  it("on a few prompts of different lengths", async () => {
    const positions = [6, 0, 1, -2, 2, -4, 3];
    const variants = HOOKS.flatMap((place) => positions.map((pos) => ({ ...place, pos })));
    await checkApart([ids(9, 7), ids(17, 3), ids(9, 1)], variants);
  });
});
