import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { InputError } from "../../src/errors";
import { hookPoint, hookPointInLayer } from "../../src/model/hook-points";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture } from "../golden";

// What TransformerLens 4's names mean, as docs/models.md lists them; null where a block has no such activation.
const NAMES = ["plain", "gated", "parallel", "post-norm"] as const;
const MODELS = {
  plain: ["arch", "gpt_neo", "base-model"],
  gated: ["arch", "llama", "base-model"],
  parallel: ["arch", "gpt_neox", "base-model"],
  "post-norm": ["arch", "gemma2", "base-model"],
};
const EXPECTED: Record<string, string | Partial<Record<(typeof NAMES)[number], string>>> = {
  "embed.hook_out": "hook_embed",
  "pos_embed.hook_out": { plain: "hook_pos_embed" },
  "blocks.1.hook_in": "blocks.1.hook_resid_pre",
  "blocks.1.ln2.hook_in": {
    plain: "blocks.1.hook_resid_mid",
    gated: "blocks.1.hook_resid_mid",
    "post-norm": "blocks.1.hook_resid_mid",
  },
  "blocks.1.hook_out": "blocks.1.hook_resid_post",
  "blocks.1.attn.hook_out": {
    plain: "blocks.1.hook_attn_out",
    gated: "blocks.1.hook_attn_out",
    parallel: "blocks.1.hook_attn_out",
  },
  "blocks.1.ln1_post.hook_out": { "post-norm": "blocks.1.hook_attn_out" },
  "blocks.1.mlp.hook_out": {
    plain: "blocks.1.hook_mlp_out",
    gated: "blocks.1.hook_mlp_out",
    parallel: "blocks.1.hook_mlp_out",
  },
  "blocks.1.ln2_post.hook_out": { "post-norm": "blocks.1.hook_mlp_out" },
  "blocks.1.attn.q.hook_out": "blocks.1.attn.hook_q",
  "blocks.1.attn.k.hook_out": "blocks.1.attn.hook_k",
  "blocks.1.attn.v.hook_out": "blocks.1.attn.hook_v",
  "blocks.1.attn.o.hook_in": "blocks.1.attn.hook_z",
  "blocks.1.mlp.in.hook_out": { plain: "blocks.1.mlp.hook_pre", parallel: "blocks.1.mlp.hook_pre" },
  "blocks.1.mlp.out.hook_in": "blocks.1.mlp.hook_post",
  // The same in both.
  "unembed.hook_in": "unembed.hook_in",
};

for (const kind of NAMES) {
  describe(`TransformerLens 4's names in a ${kind} block`, () => {
    let model: HookedTransformer;
    before(async () => {
      model = await HookedTransformer.fromPretrained(fixture(...MODELS[kind]));
    });
    after(() => model.dispose());

    for (const [bridge, meaning] of Object.entries(EXPECTED)) {
      const name = typeof meaning === "string" ? meaning : meaning[kind];

      it(`${bridge} is ${name ?? "not known"}`, () => {
        if (name === undefined) {
          assert.throws(() => hookPoint(bridge as never, model.cfg), InputError);
          return;
        }
        assert.equal(hookPoint(bridge as never, model.cfg).name, name);
        const fromEnd = bridge.replace("blocks.1.", `blocks.${1 - model.cfg.n_layers}.`);
        assert.equal(hookPoint(fromEnd as never, model.cfg).name, name);
        if (bridge.startsWith("blocks.1.")) {
          const inBlock = bridge.slice("blocks.1.".length);
          assert.equal(hookPointInLayer(inBlock, 1, model.cfg).name, name);
        }
      });
    }

    it("filters, hooks and caches take them", () => {
      const seen: string[] = [];
      const [logits, cache] = model.runWithCache([1, 2, 3], {
        namesFilter: ["blocks.1.hook_out", "blocks.0.attn.o.hook_in"],
        fwdHooks: [
          [
            "blocks.0.mlp.out.hook_in",
            (value, hook) => {
              seen.push(hook.name);
              return value;
            },
          ],
        ],
      });
      assert.deepEqual(cache.keys(), ["blocks.0.attn.hook_z", "blocks.1.hook_resid_post"]);
      assert.deepEqual(cache.get("blocks.1.hook_out").shape, [1, 3, model.cfg.d_model]);
      assert.deepEqual(seen, ["blocks.0.mlp.hook_post"]);
      logits.dispose();
      cache.dispose();
    });
  });
}
