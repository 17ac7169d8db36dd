import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { modelConfig } from "../../src/model/families/model-config";
import { otherInTransformerLens } from "../../src/model/families/transformer-lens";
import { fixture } from "../golden";

/** What is said of a family's small model with some keys of its config.json changed. */
function said(family: string, changed: Record<string, unknown> = {}): string | null {
  const file = fixture("arch", family, "base-model", "config.json");
  const config = { ...JSON.parse(readFileSync(file, "utf8")), ...changed };
  return otherInTransformerLens(modelConfig(config, file));
}

// As `loading_from_pretrained.py` of TransformerLens 3.5.1 has it.
describe("what TransformerLens's own loader does otherwise", () => {
  const theta = (rope_theta: number) => ({
    rope_parameters: { rope_theta, rope_type: "default" },
  });
  const linear = {
    rope_parameters: { rope_theta: 10_000, rope_type: "linear", factor: 2 },
  };

  it("says nothing where it does nothing", () => {
    for (const family of ["gpt_neox", "llama", "mistral", "qwen2", "qwen3", "opt", "phi"]) {
      assert.equal(said(family), null, family);
    }
    assert.equal(said("mistral", theta(1e6)), null);
    assert.equal(otherInTransformerLens(modelConfig(
      { model_type: "gpt2", n_layer: 1, n_head: 1, n_embd: 4, n_positions: 4, vocab_size: 4 }, "config.json")), null); // biome-ignore format: one call
  });

  it("reads no rotary base or scaling of some families", () => {
    assert.match(said("llama", theta(500_000))!, /fixed list of names.*base 500000, no scaling/);
    assert.match(said("llama_rope_scaled")!, /base 500000, "llama3" scaling by 32/);
    assert.match(said("gpt_neox_sequential")!, /parallel there.*base there is 10000, not 5000/);
    for (const family of ["gpt_neox", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi"]) {
      assert.match(said(family, linear)!, /rotary positions are not scaled there/, family);
    }
  });

  it("has other windows", () => {
    const window = { use_sliding_window: true, sliding_window: 4, max_window_layers: 0 };
    const layer_types = ["full_attention", "sliding_attention", "full_attention"];
    for (const family of ["qwen2", "qwen3"]) {
      assert.match(said(family, { ...window, layer_types: null })!, /no sliding windows/, family);
    }
    assert.match(said("mistral", { layer_types })!, /every layer has the sliding window/);
    assert.match(said("gemma2")!, /layers 1, 3, … have the sliding window there.* 6 tokens/);
    assert.doesNotMatch(said("gemma2", { layer_types })!, /sliding window/);
  });

  it("is the same for a Gemma 2 in Google's sizes but for the windows", () => {
    const own = { attn_logit_softcapping: 50, final_logit_softcapping: 30 };
    const layer_types = ["full_attention", "sliding_attention", "full_attention"];
    for (const scalar of [10, 144]) {
      const changed = { ...own, layer_types, query_pre_attn_scalar: scalar };
      assert.equal(said("gemma2", changed), null);
    }
    assert.match(said("gemma2", { ...own, layer_types })!, /divided by the root of d_head/);
    assert.match(said("gemma2", { layer_types })!, /soft caps there are 50 and 30/);
  });

  it("knows no biases of attention, and the exact gelu for Gemma", () => {
    assert.match(said("llama", { attention_bias: true })!, /attention has no biases there/);
    assert.match(said("gemma")!, /the exact gelu there.*saw other numbers/);
  });
});
