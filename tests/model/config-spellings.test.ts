import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { ModelConfigError } from "../../src/errors";
import { modelConfig } from "../../src/model/families/model-config";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { assertRefused } from "../checkpoints/refusals";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, relativeToLargest } from "../golden";

const folder = temporaryFolder();

interface Case {
  readonly weights: string;
  readonly set: Record<string, unknown>;
  readonly without: readonly string[];
  readonly logits: readonly number[][];
}

const { tokens, plain, cases } = JSON.parse(
  readFileSync(fixture("gpt2-spellings", "expected.json"), "utf8"),
) as {
  tokens: number[];
  plain: Record<string, Record<string, unknown>>;
  cases: Record<string, Case>;
};

function configOf({ weights, set, without }: Case): Record<string, unknown> {
  const config = { ...plain[weights], ...set };
  for (const key of without) delete config[key];
  return config;
}

// Expected logits: transformers 5.18 on PyTorch 2.13 (gpt2-spellings/make.py).
describe("every spelling of a configuration has Hugging Face's logits", () => {
  for (const [name, one] of Object.entries(cases)) {
    it(name, async () => {
      const path = join(folder, name);
      mkdirSync(path);
      put(path, "config.json", JSON.stringify(configOf(one)));
      cpSync(fixture("gpt2-spellings", one.weights), join(path, "model.safetensors"));
      const raw = await HookedTransformer.fromPretrainedNoProcessing(path);
      const processed = await HookedTransformer.fromPretrained(path);
      tf.tidy(() => {
        const error = relativeToLargest(raw.forward(tokens).dataSync(), one.logits.flat());
        assert.ok(error < 1e-5, `logits are off by ${error}`);
        const logProbs = tf.logSoftmax(tf.tensor(one.logits as number[][])).dataSync();
        const found = tf.logSoftmax(processed.forward(tokens)).dataSync();
        const processedError = relativeToLargest(found, logProbs);
        assert.ok(processedError < 1e-5, `processed log-probs are off by ${processedError}`);
      });
      assert.deepEqual(raw.warnings, []);
      raw.dispose();
      processed.dispose();
    });
  }
});

// Values: GPT2Config of transformers 5.18, configuration_gpt2.py.
describe("what a configuration does not say", () => {
  it("is as in GPT2Config", () => {
    assert.deepEqual(modelConfig({ model_type: "gpt2" }, "config.json"), {
      model_type: "gpt2",
      n_layers: 12,
      d_model: 768,
      n_heads: 12,
      d_head: 64,
      d_mlp: 3072,
      n_ctx: 1024,
      d_vocab: 50257,
      eps: 1e-5,
      act_fn: "gelu_new",
      n_key_value_heads: null,
      normalization_type: "LN",
      use_normalization_before_and_after: false,
      use_qk_norm: false,
      positional_embedding_type: "standard",
      ...{ rotary_dim: 0, rotary_base: 0, rotary_scaling: null },
      parallel_attn_mlp: false,
      gated_mlp: false,
      attn_scale: 8,
      ...{ window_size: null, attn_types: null },
      ...{ attn_scores_soft_cap: null, output_logits_soft_cap: null },
      embedding_scale: 1,
      biases: { qkv: true, o: true, mlp: true, unembed: false },
      norm_offset: 0,
      scale_attn_by_inverse_layer_idx: false,
      tie_word_embeddings: true,
      bos_token_id: 50256,
      eos_token_id: 50256,
    });
  });

  it("takes the context of 2019's files, which had no n_positions", () => {
    const { n_ctx } = modelConfig({ n_layer: 1, n_embd: 4, n_head: 1, n_ctx: 77 }, "config.json");
    assert.equal(n_ctx, 77);
  });
});

describe("where texts begin and end", () => {
  const ends = (eos_token_id: unknown, bos_token_id: unknown = 3) => {
    const config = modelConfig({ n_layer: 1, vocab_size: 20, eos_token_id, bos_token_id }, "c");
    return [config.eos_token_id, config.bos_token_id];
  };

  it("is an id, the first of several, or nowhere", () => {
    assert.deepEqual(ends(7), [7, 3]);
    assert.deepEqual(ends([7, 8], [4]), [7, 4]);
    assert.deepEqual(ends([-1, 8]), [8, 3]);
    assert.deepEqual(ends(null, null), [null, null]);
    for (const odd of [-1, 20, 50256, 1.5, "7", [], [[7]], {}, true, [null], 1e300]) {
      assert.deepEqual(ends(odd, odd), [null, null], JSON.stringify(odd));
    }
  });
});

describe("a configuration that cannot be run", () => {
  const refused: [config: unknown, reason: RegExp][] = [
    [null, /c\.json: not a GPT-2 configuration; found null, expected an object/],
    [[1], /found \[1\], expected an object/],
    ["gpt2", /found "gpt2", expected an object/],
    [{ head_type: "regression" }, /found the keys "head_type", expected "model_type": "gpt2"/],
    [
      { model_type: "bert" },
      /this family .* not known; found "model_type": "bert", expected gpt2, gpt_neox, llama, mistral, qwen2, qwen3, gpt_neo, opt, gemma, gemma2, phi, starcoder2/,
    ],
    [{ model_type: ["gpt2"] }, /this family .* not known; found "model_type": \['gpt2'\]/],
    [
      { hidden_size: 1.5 },
      /"hidden_size" is not usable; found 1\.5, expected a whole number from 1/,
    ],
    [{ num_hidden_layers: null }, /"num_hidden_layers" is not usable; found null/],
    [{ num_attention_heads: 0 }, /"num_attention_heads" is not usable; found 0/],
    [{ max_position_embeddings: "9" }, /"max_position_embeddings" is not usable; found "9"/],
    [{ n_layer: 10_001 }, /"n_layer" is not usable; found 10001, expected .* to 10000/],
    [{ n_embd: 2 ** 60 }, /"n_embd" is not usable/],
    [{ n_embd: null }, /"n_embd" is not usable; found null/],
    [{ n_inner: -4 }, /"n_inner" is not usable; found -4/],
    [{ vocab_size: true }, /"vocab_size" is not usable; found true/],
    [
      { layer_norm_epsilon: -1e-5 },
      /"layer_norm_epsilon" .*found -0\.00001, expected a number from 0/,
    ],
    [{ layer_norm_epsilon: "1e-5" }, /"layer_norm_epsilon" is not usable; found "1e-5"/],
    [{ tie_word_embeddings: null }, /"tie_word_embeddings" .* found null, expected true or false/],
    [{ scale_attn_weights: 1 }, /"scale_attn_weights" is not usable; found 1/],
    [{ activation_function: "GELU" }, /"activation_function" is not usable; found "GELU"/],
    [{ activation_function: "xielu" }, /"activation_function" is not usable; found "xielu"/],
    [{ activation_function: null }, /"activation_function" is not usable; found null/],
    [{ activation_function: "toString" }, /"activation_function" is not usable/],
    [{ is_causal: false }, /"is_causal" is not usable; found false, expected true: nothing else/],
    [{ add_cross_attention: true }, /"add_cross_attention" is not usable; found true/],
    [{ per_layer_config: { 0: { n_inner: 4 } } }, /"per_layer_config" is not usable/],
    [{ n_embd: 9, n_head: 2 }, /cannot be divided among the heads; found n_embd 9, n_head 2/],
    [{ hidden_size: 9 }, /cannot be divided among the heads; found n_embd 9, n_head 12/],
    [{ activation_function: "x".repeat(10_000) }, /^.{0,700}$/],
  ];
  for (const [config, reason] of refused) {
    it(JSON.stringify(config).slice(0, 60), () =>
      assertRefused(() => modelConfig(config, "c.json"), reason, ModelConfigError),
    );
  }
});
