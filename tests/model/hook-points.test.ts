import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../src/errors";
import type { ModelConfig } from "../../src/model/config";
import { getActName, type HookName, type HookPointName } from "../../src/model/hook-names";
import {
  filterHookPoints,
  hookDict,
  hookPoint,
  hookPointInLayer,
  type NamesFilter,
} from "../../src/model/hook-points";

const cfg = {
  ...{ n_layers: 12, d_model: 8, n_heads: 2, d_head: 4, d_mlp: 32, n_ctx: 16, d_vocab: 50 },
  positional_embedding_type: "standard",
} as ModelConfig;

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

describe("hookPoint", () => {
  const nameOf = (name: HookName) => hookPoint(name, cfg).name;

  it("counts negative layers from the end", () => {
    assert.equal(nameOf(["resid_post", -1]), "blocks.11.hook_resid_post");
    assert.equal(nameOf("blocks.-2.hook_mlp_out"), "blocks.10.hook_mlp_out");
    assert.equal(nameOf(["scale", -1, "ln2"]), "blocks.11.ln2.hook_scale");
    assert.equal(nameOf("post3"), "blocks.3.mlp.hook_post");
  });

  it("suggests the nearest names", () => {
    // @ts-expect-error a wrong literal does not compile
    assert.throws(() => nameOf("blocks.3.hook_mlpout"), /"blocks.3.hook_mlp_out"/);
    // @ts-expect-error
    assert.throws(() => nameOf(["mlpout", 3]), /"mlp_out"/);
    // @ts-expect-error a layer norm's name needs the norm
    assert.throws(() => nameOf(["scale", 3]), /needs the layer norm/);
    assert.throws(() => nameOf(["post", 12]), InputError);
    assert.throws(() => nameOf(["post", 1.5]), InputError);
  });

  it("finds a name in a block, as configurations give it", () => {
    const inLayer = (name: string) => hookPointInLayer(name, 3, cfg).name;
    assert.equal(inLayer("mlp_out"), "blocks.3.hook_mlp_out");
    assert.equal(inLayer("hook_mlp_out"), "blocks.3.hook_mlp_out");
    assert.equal(inLayer("ln1.hook_scale"), "blocks.3.ln1.hook_scale");
    assert.equal(inLayer("blocks.5.mlp.hook_post"), "blocks.5.mlp.hook_post");
    assert.throws(() => inLayer("mlp.hook_pst"), /no such activation/);
  });
});

// Shapes: TransformerLens 3, the annotations of its components; starts and writes: what a GPT-2 block
// computes, x + attn(ln1(x)) and then x + mlp(ln2(x)).
describe("the table of hook points", () => {
  const expected: [HookPointName, Partial<ReturnType<typeof hookPoint>>][] = [
    ["hook_pos_embed", { start: -1, size: 8, writes: "itself", shape: [null, null, 8] }],
    ["blocks.3.hook_resid_pre", { start: 6, size: 8, part: null, nameInBlock: "hook_resid_pre" }],
    ["blocks.3.ln1.hook_scale", { start: 6, size: 1, part: "attn", writes: null }],
    ["blocks.3.attn.hook_q", { start: 6, size: 8, sizePerHead: 4, writes: null }],
    ["blocks.3.attn.hook_pattern", { size: null, sizePerHead: null, shape: [null, 2, null, null] }],
    ["blocks.3.attn.hook_z", { start: 6, size: 8, sizePerHead: 4, writes: "W_O" }],
    ["blocks.3.attn.hook_result", { size: 16, sizePerHead: 8, shape: [null, null, 2, 8] }],
    ["blocks.3.hook_attn_out", { start: 6, part: "attn", writes: "itself" }],
    ["blocks.3.hook_resid_mid", { start: 7, part: null }],
    ["blocks.3.mlp.hook_pre", { start: 7, size: 32, part: "mlp", writes: "act_fn" }],
    ["blocks.3.mlp.hook_post", { start: 7, size: 32, writes: "W_out", sizePerHead: undefined }],
    ["blocks.3.hook_resid_post", { start: 8, size: 8, writes: "itself" }],
    ["unembed.hook_out", { start: 24, size: 50, nameInBlock: null, writes: null }],
  ];
  for (const [name, facts] of expected) {
    it(name, () => {
      const point = hookPoint(name, cfg);
      const seen = Object.keys(facts).map((key) => [key, point[key as keyof typeof facts]]);
      assert.deepEqual(Object.fromEntries(seen), facts);
    });
  }

  it("is in the order of the forward pass, and made once", () => {
    const points = [...hookDict(cfg).values()];
    assert.equal(points.length, 4 + 12 * 18 + 2);
    assert.deepEqual(
      points.map(({ order }) => order),
      [...points.keys()],
    );
    assert.equal(hookDict(cfg), hookDict(cfg));
    assert.equal(hookPoint("blocks.3.hook_mlp_out", cfg).layer(), 3);
    assert.equal(hookPoint("hook_embed", cfg).layer(), -1);
    assert.equal(hookPoint("unembed.hook_in", cfg).layer(), 12);
  });
});

describe("filterHookPoints", () => {
  it("takes a name, a list, a pattern or a function", () => {
    const chosen = (filter: NamesFilter, fallback = () => false) =>
      filterHookPoints(filter, cfg, fallback).map(({ name }) => name);
    assert.deepEqual(chosen(["post", 3]), ["blocks.3.mlp.hook_post"]);
    assert.deepEqual(chosen([["z", 0], "hook_embed"]), ["hook_embed", "blocks.0.attn.hook_z"]);
    assert.equal(chosen(/mlp_out$/g).length, 12);
    assert.equal(chosen((name) => name.endsWith("hook_z")).length, 12);
    assert.deepEqual(
      chosen(undefined, () => true),
      [...hookDict(cfg).keys()],
    );
    assert.throws(() => chosen(() => false), /matches no activation/);
  });
});
