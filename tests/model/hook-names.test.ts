import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../src/errors";
import {
  allHookNames,
  filterHookNames,
  getActName,
  resolveHookName,
} from "../../src/model/hook-names";

const cfg = { n_layers: 12 };

// Expected names: TransformerLens 3, utils.get_act_name.
describe("getActName", () => {
  it("knows TransformerLens's short names and aliases", () => {
    const expected: [Parameters<typeof getActName>, string][] = [
      [["embed"], "hook_embed"],
      [["pos_embed"], "hook_pos_embed"],
      [["resid_post", 3], "blocks.3.hook_resid_post"],
      [["attn_out", 0], "blocks.0.hook_attn_out"],
      [["q", 5], "blocks.5.attn.hook_q"],
      [["value", 5], "blocks.5.attn.hook_v"],
      [["attn", 2], "blocks.2.attn.hook_pattern"],
      [["attn_logits", 2], "blocks.2.attn.hook_attn_scores"],
      [["post", 3], "blocks.3.mlp.hook_post"],
      [["mlp_pre", 3], "blocks.3.mlp.hook_pre"],
      [["scale", 4, "ln1"], "blocks.4.ln1.hook_scale"],
      [["normalized"], "ln_final.hook_normalized"],
      [["k6"], "blocks.6.attn.hook_k"],
      [["k", 6, "a"], "blocks.6.attn.hook_k"],
      [["pre5"], "blocks.5.mlp.hook_pre"],
      [["normalized27ln2"], "blocks.27.ln2.hook_normalized"],
      [["scale4ln1"], "blocks.4.ln1.hook_scale"],
      [["blocks.1.hook_mlp_out"], "blocks.1.hook_mlp_out"],
    ];
    for (const [args, name] of expected) assert.equal(getActName(...args), name);
  });

  it("refuses what does not exist or is incomplete", () => {
    assert.throws(() => getActName("mlp_uot", 3), /Did you mean "mlp_out"/);
    assert.throws(() => getActName("post"), /needs a layer/);
    assert.throws(() => getActName("scale", 3), /needs the layer norm/);
  });
});

describe("resolveHookName", () => {
  it("counts negative layers from the end", () => {
    assert.equal(resolveHookName(["resid_post", -1], cfg), "blocks.11.hook_resid_post");
    assert.equal(resolveHookName("blocks.-2.hook_mlp_out", cfg), "blocks.10.hook_mlp_out");
    assert.equal(resolveHookName(["scale", -1, "ln2"], cfg), "blocks.11.ln2.hook_scale");
  });

  it("suggests the nearest names", () => {
    assert.throws(() => resolveHookName("blocks.3.hook_mlpout", cfg), /"blocks.3.hook_mlp_out"/);
    assert.throws(() => resolveHookName(["post", 12], cfg), InputError);
    assert.throws(() => resolveHookName(["post", 1.5], cfg), InputError);
  });
});

describe("filterHookNames", () => {
  it("takes a name, a list, a pattern or a function", () => {
    const none = () => false;
    assert.deepEqual(filterHookNames(["post", 3], cfg, none), ["blocks.3.mlp.hook_post"]);
    assert.deepEqual(filterHookNames(["hook_embed", ["z", 0]], cfg, none), [
      "hook_embed",
      "blocks.0.attn.hook_z",
    ]);
    assert.equal(filterHookNames(/mlp_out$/g, cfg, none).length, 12);
    assert.equal(filterHookNames((name) => name.endsWith("hook_z"), cfg, none).length, 12);
    assert.deepEqual(
      filterHookNames(undefined, cfg, () => true),
      allHookNames(cfg),
    );
    assert.throws(() => filterHookNames(() => false, cfg, none), /matches no activation/);
  });
});
