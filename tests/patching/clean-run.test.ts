import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { patch } from "../../src/patching/patch";
import { randomModel } from "./random-model";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 10, d_vocab: 20, n_ctx: 12 };

describe("the clean run", () => {
  it("ends with the last block that is read", async () => {
    const model = await randomModel(SIZES, 1, true);
    const prompts = [
      [1, 2, 3],
      [4, 5],
    ];
    const variants = [{ hook: ["post", 0], index: 4, patch: ["zero"] }] as const;
    const read = ["resid_post", 1] as const;
    const before = await patch(model, prompts, variants, { read });
    // Without weights a block cannot run.
    tf.dispose(model.weights.blocks[2] as unknown as tf.TensorContainer);
    const after = await patch(model, prompts, variants, { read });
    assert.deepEqual(after, before);
    model.dispose();
  });
});
