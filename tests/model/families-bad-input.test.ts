import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { ModelConfigError } from "../../src/errors";
import { modelConfig } from "../../src/model/families/model-config";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { loadEngine } from "../../src/tensors/engine";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { run } from "../cli/run";
import { fixture } from "../golden";

type Raw = Record<string, unknown>;
type Tensors = Map<string, NamedArray>;

const FAMILIES = readdirSync(fixture("arch"));
const folder = temporaryFolder();
let copies = 0;

before(() => loadEngine());

function configOf(family: string): Raw {
  return JSON.parse(readFileSync(fixture("arch", family, "base-model", "config.json"), "utf8"));
}

/** A family's model with another configuration or other tensors. */
async function changed(
  family: string,
  config: Raw,
  edit?: (tensors: Tensors) => void,
): Promise<string> {
  const copy = join(folder, String(copies++));
  cpSync(fixture("arch", family, "base-model"), copy, { recursive: true });
  writeFileSync(join(copy, "config.json"), JSON.stringify(config));
  if (edit) {
    const file = join(copy, "model.safetensors");
    const source = openSafetensors(file);
    const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
    source.close();
    edit(tensors);
    await writeSafetensors(file, tensors);
  }
  return copy;
}

async function assertNothingLoaded(path: string, message: RegExp): Promise<void> {
  const before = tf.memory().numTensors;
  await assert.rejects(
    () => HookedTransformer.fromPretrained(path),
    (error: Error) => {
      assert.ok(error instanceof ModelConfigError, String(error.stack));
      assert.match(error.message, message);
      assert.ok(error.message.includes(path), "the file is not named");
      assert.ok(!error.message.includes("\n"), "more than a line");
      return true;
    },
  );
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
}

describe("a configuration of one family beside weights of another", () => {
  // Sizes are alike in all of them: what gives them away is names and shapes.
  for (const weights of FAMILIES) {
    it(`is refused: weights of ${weights}`, async () => {
      for (const family of FAMILIES) {
        if (configOf(family).model_type === configOf(weights).model_type) continue;
        await assertNothingLoaded(
          await changed(weights, configOf(family)),
          /the tensors are not those of|has another shape than the config says|blocks have weights/,
        );
      }
    });
  }

  it("is refused where only a norm or a bias tells", async () => {
    const llama = (family: string): Raw => ({ ...configOf(family), model_type: "llama" });
    const cases = [
      [
        "qwen3",
        /the blocks have weights that the Llama .* not have; found "model\.layers\.0\.self_attn\.k_norm/,
      ],
      ["qwen2", /the blocks have weights .* found "model\.layers\.0\.self_attn\.k_proj\.bias"/],
      ["gemma2", /the blocks have weights .* found "model\.layers\.0\.post_feedforward_layernorm/],
    ] as const;
    for (const [weights, message] of cases) {
      const config = { ...llama(weights), hidden_act: "silu" };
      await assertNothingLoaded(await changed(weights, config), message);
    }
  });
});

describe("tensors that are not as the configuration says", () => {
  const K_PROJ = "model.layers.1.self_attn.k_proj.weight";
  const cases: [what: string, edit: (tensors: Tensors) => void, message: RegExp][] = [
    [
      "missing",
      (tensors) => tensors.delete("model.layers.1.post_feedforward_layernorm.weight"),
      /1 missing \(layers\.1\.post_feedforward_layernorm\.weight\)/,
    ],
    [
      "turned round",
      (tensors) => {
        const tensor = tensors.get(K_PROJ)!;
        tensors.set(K_PROJ, { ...tensor, shape: [...tensor.shape].reverse() });
      },
      /k_proj\.weight" has another shape .*; found \[32, 20\], expected \[20, 32\]/,
    ],
    [
      "of fewer heads",
      (tensors) => {
        const tensor = tensors.get(K_PROJ)!;
        const data = (tensor.data as Float32Array).slice(0, 10 * 32);
        tensors.set(K_PROJ, { ...tensor, data, shape: [10, 32] });
      },
      /k_proj\.weight" has another shape .*; found \[10, 32\], expected \[20, 32\]/,
    ],
    [
      "not finite",
      (tensors) => {
        (tensors.get(K_PROJ)!.data as Float32Array)[5] = Number.POSITIVE_INFINITY;
      },
      /k_proj\.weight" holds a number that is not finite; found Infinity at element 5/,
    ],
    [
      "there twice",
      (tensors) => tensors.set("norm.weight", tensors.get("model.norm.weight")!),
      /there are two tensors "norm\.weight"/,
    ],
  ];
  for (const [what, edit, message] of cases) {
    it(`are refused: ${what}`, async () => {
      await assertNothingLoaded(await changed("gemma2", configOf("gemma2"), edit), message);
    });
  }
});

describe("a configuration that cannot be run", () => {
  const rope = (changes: Raw): Raw => ({ rope_parameters: { rope_theta: 1e4, ...changes } });
  const LLAMA3 = { rope_type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
  const cases: [family: string, changes: Raw, message: RegExp][] = [
    ...["yarn", "dynamic", "longrope", "su", 3].map((type): [string, Raw, RegExp] => [
      "llama",
      rope({ rope_type: type }),
      /rotary settings are not implemented; found "rope_type": .*, expected default, linear, llama3/,
    ]),
    ["mistral", rope({ rope_theta: 0 }), /"rope_theta" is not usable; found 0/],
    [
      "qwen2",
      { rope_theta: "1e6", rope_parameters: null },
      /"rope_theta" is not usable; found "1e6"/,
    ],
    ["llama", rope({ rope_type: "linear" }), /"factor" is not usable; found undefined/],
    ["llama", rope({ ...LLAMA3, low_freq_factor: 0 }), /"low_freq_factor" is not usable; found 0/],
    [
      "llama",
      rope({ ...LLAMA3, low_freq_factor: 4 }),
      /rotary settings are impossible; found "low_freq_factor": 4, "high_freq_factor": 4/,
    ],
    [
      "llama",
      { rope_parameters: { full_attention: {} } },
      /"rope_parameters" is not implemented as it is written/,
    ],
    [
      "gpt_neox",
      rope({ partial_rotary_factor: 1.5 }),
      /rotary settings are impossible; found 1\.5 of heads of 16/,
    ],
    [
      "phi",
      rope({ partial_rotary_factor: 0.2 }),
      /rotary settings are impossible; found 0\.2 of heads of 16/,
    ],
    ["llama", { head_dim: 7 }, /rotary settings are impossible; found heads of 7/],
    ["mistral", { sliding_window: 0 }, /"sliding_window" is not usable; found 0/],
    ["mistral", { sliding_window: 2.5 }, /"sliding_window" is not usable; found 2\.5/],
    ["gemma2", { sliding_window: null }, /"sliding_window" is not usable; found null/],
    ["gpt_neo", { window_size: -1 }, /"window_size" is not usable; found -1/],
    [
      "gpt_neo",
      { attention_types: [[["global"], 3]] },
      /"attention_types" is not usable; found 3 layers, expected 4/,
    ],
    [
      "gemma2",
      { layer_types: ["full_attention"] },
      /"layer_types" is not usable; .* expected 3 of/,
    ],
    ["gemma2", { layer_types: Array(3).fill("chunked_attention") }, /"layer_types" is not usable/],
    ["gemma2", { layer_types: Array(3).fill(["full_attention"]) }, /"layer_types" is not usable/],
    [
      "qwen3",
      { layer_types: Array(3).fill("sliding_attention") },
      /"layer_types" asks for windows that are turned off/,
    ],
    [
      "qwen2",
      { use_sliding_window: true, sliding_window: 4, max_window_layers: -1 },
      /"max_window_layers" is not usable; found -1/,
    ],
    [
      "llama",
      { num_key_value_heads: 3 },
      /"num_key_value_heads" does not divide the heads; found 3 for 4/,
    ],
    [
      "qwen2",
      { num_key_value_heads: 8 },
      /"num_key_value_heads" does not divide the heads; found 8 for 4/,
    ],
    [
      "llama",
      { mlp_bias: true },
      /"mlp_bias" is not implemented for Llama; found true, expected false/,
    ],
    ["phi", { qk_layernorm: true }, /"qk_layernorm" is not implemented for Phi/],
    [
      "phi",
      { num_key_value_heads: 1 },
      /"num_key_value_heads" is not implemented for Phi; found 1, expected 2/,
    ],
    ["opt", { do_layer_norm_before: false }, /"do_layer_norm_before" is not implemented for OPT/],
    [
      "opt",
      { word_embed_proj_dim: 16 },
      /"word_embed_proj_dim" is not implemented for OPT; found 16, expected 32/,
    ],
    [
      "gemma",
      { use_bidirectional_attention: true },
      /"use_bidirectional_attention" is not implemented for Gemma/,
    ],
    ["gemma2", { attn_logit_softcapping: 0 }, /"attn_logit_softcapping" is not usable; found 0/],
    [
      "llama",
      { quantization_config: { quant_method: "awq" } },
      /"quantization_config" is not implemented for Llama/,
    ],
    ["llama", { hidden_act: "xielu" }, /"hidden_act" is not usable; found "xielu"/],
    [
      "gpt_neox",
      { use_parallel_residual: "no" },
      /"use_parallel_residual" is not usable; found "no"/,
    ],
    ["llama", { hidden_size: 34 }, /"model\.norm\.weight" has another shape/],
    ["llama", { hidden_size: undefined }, /"hidden_size" is not usable; found undefined/],
    [
      "llama",
      { model_type: "falcon" },
      /not known; found "model_type": "falcon", expected gpt2, gpt_neox, .*phi, starcoder2/,
    ],
  ];
  for (const [family, changes, message] of cases) {
    it(`is refused: ${family} with ${JSON.stringify(changes)}`, async () => {
      await assertNothingLoaded(
        await changed(family, { ...configOf(family), ...changes }),
        message,
      );
    });
  }

  it("is not refused for a switch that is off", () => {
    const off = {
      use_bidirectional_attention: false,
      quantization_config: null,
      is_causal: true,
      per_layer_config: {},
    };
    const config = configOf("gemma2");
    assert.deepEqual(modelConfig({ ...config, ...off }, ""), modelConfig(config, ""));
  });

  it("ends a command with one line", async () => {
    const path = await changed("llama", { ...configOf("llama"), mlp_bias: true });
    const { code, stdout, stderr } = await run("verify", path, "--json");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^tslens: .*config\.json: "mlp_bias" is not implemented for Llama.*\n$/);
  });
});

describe("a tokenizer of another vocabulary", () => {
  const withTokenizer = async (family: string, tokens: number): Promise<string> => {
    const path = await changed(family, configOf(family));
    const vocab = Object.fromEntries(Array.from({ length: tokens }, (_, id) => [`t${id}`, id]));
    const tokenizer = { model: { type: "BPE", vocab, merges: [] }, added_tokens: [] };
    writeFileSync(join(path, "tokenizer.json"), JSON.stringify(tokenizer));
    return path;
  };

  it("is said if it has tokens that the model has not, which a text may not have", async () => {
    const model = await HookedTransformer.fromPretrained(await withTokenizer("llama", 121));
    assert.match(model.warnings[0], /the tokenizer has 121 tokens and the model 120/);
    model.forward([1, 2], { returnType: null });
    model.dispose();
  });

  it("is refused by one line if it has more than twice as many", async () => {
    const path = await withTokenizer("llama", 241);
    const { code, stdout, stderr } = await run("verify", path);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(
      stderr,
      /^tslens: \S+: the tokenizer is another model's; found a vocabulary of 241 tokens, expected about 120, which the model has\. .*\n$/,
    );
    await assert.rejects(HookedTransformer.fromPretrained(path), ModelConfigError);
  });

  it("is not if the model's vocabulary was filled up", async () => {
    const model = await HookedTransformer.fromPretrained(await withTokenizer("llama", 100));
    assert.deepEqual(model.warnings, []);
    model.dispose();
  });

  it("is said if it has less than half of them", async () => {
    const model = await HookedTransformer.fromPretrained(await withTokenizer("llama", 50));
    assert.match(model.warnings[0], /the tokenizer has 50 tokens and the model 120/);
    model.dispose();
  });
});
