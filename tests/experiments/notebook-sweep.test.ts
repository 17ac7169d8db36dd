import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { notebookSweep } from "../../src/experiments/neuron-sweep/notebook-sweep";
import type { BoundHead } from "../../src/heads/bind-head";

describe("the sweep of a notebook", () => {
  const prompts = ["Once upon a time", "The king said", "The king said"];
  let head: BoundHead;
  before(async () => {
    head = await openHead("models/neuron_l2_n52_20261122_120000");
  });
  after(() => head.dispose());

  it("leaves out what takes too long, and says how to come by it", async () => {
    const { d_model, d_mlp } = head.model.cfg;
    // Two different prompts; block 2's target reaches blocks 2 and 3.
    const perNeuron = 2 * 2 * 2 * (4 * d_model ** 2 + 2 * d_model * d_mlp);
    const sweeps = async (mostOperations: number) => {
      const { sweep, note } = await notebookSweep(head, prompts, { mostOperations });
      return { hooks: sweep?.swept.map(({ hook }) => hook), note };
    };
    const whole = await sweeps(perNeuron * (d_model + d_mlp));
    assert.deepEqual(whole.hooks, ["blocks.2.hook_mlp_out", "blocks.2.mlp.hook_post"]);
    assert.equal(whole.note, null);
    const part = await sweeps(perNeuron * (d_model + d_mlp) - 1);
    assert.deepEqual(part.hooks, ["blocks.2.hook_mlp_out"]);
    assert.match(
      part.note!,
      /^A sweep of the hidden neurons of its layer takes .*npx tslens sweep /,
    );
    const none = await sweeps(perNeuron * d_model - 1);
    assert.equal(none.hooks, undefined);
    assert.match(none.note!, /^A sweep of every neuron takes .* too long for a cell/);
  });
});
