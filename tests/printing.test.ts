import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import { openHead } from "../src/analysis/open-head";
import { InputError } from "../src/errors";
import type { BoundHead } from "../src/heads/bind-head";

// What a notebook cell shows of an object: Node's inspect, which tslab prints with.
describe("what is printed", () => {
  let head: BoundHead;
  before(async () => {
    head = await openHead("models/neuron_l2_n52_20261122_120000");
  });
  after(() => head.dispose());

  it("a head and a model are a few lines", () => {
    assert.match(
      inspect(head),
      /^activation prediction head \(regression\) in .*\n {2}predicts blocks\.2\.hook_mlp_out\[…, 52\] of tiny-gpt2\n {2}reads blocks\.3\.hook_resid_post$/,
    );
    const lines = inspect(head.model).split("\n");
    assert.equal(lines[0], "HookedTransformer tiny-gpt2");
    assert.match(lines[1], /4 layers, d_model 128, 4 heads of 32, d_mlp 512 \(gelu_new\)/);
    assert.equal(lines.length, 4);
  });

  it("a cache is every activation with its shape, those of all blocks in one line", () => {
    const [logits, cache] = head.model.runWithCache([1, 2, 3]);
    const text = inspect(cache);
    logits.dispose();
    assert.equal(text.split("\n").length, 1 + 2 + 17 + 4);
    assert.match(text, /^ActivationCache: 74 activations\n {2}hook_embed +\[1, 3, 128\]\n/);
    assert.match(text, /\n {2}blocks\.\{0–3\}\.attn\.hook_pattern +\[1, 4, 3, 3\]\n/);
    cache.dispose();
    assert.equal(inspect(cache), "ActivationCache: 0 activations");
    const [end, two] = head.model.runWithCache([1, 2, 3], { namesFilter: [["z", 0], "post2"] });
    assert.match(inspect(two), /2 activations\n {2}blocks\.0\.attn\.hook_z .*\n {2}blocks\.2\.mlp/);
    end.dispose();
    two.dispose();
  });

  it("an error is one line, without what it has nothing to say of", () => {
    const error = new InputError("no such thing", { file: "a.json", found: "1" });
    assert.equal(inspect(error), "InputError: a.json: no such thing; found 1");
    assert.match(error.stack!, /printing\.test/);
  });
});
