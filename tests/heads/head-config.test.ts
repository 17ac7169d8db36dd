import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HeadConfigError } from "../../src/errors";
import { parseHeadConfig } from "../../src/heads/head-config";
import { assertRefused } from "../checkpoints/refusals";

const MINIMAL = {
  head_type: "regression",
  target_layer: 8,
  target_neuron: 481,
  head_config: { input_dim: 768 },
};

const parse = (raw: unknown) => parseHeadConfig(raw, "config.json");

describe("defaults of older files", () => {
  it("regression", () => {
    assert.deepEqual(parse(MINIMAL), {
      headType: "regression",
      targetLayer: 8,
      targetNeuron: 481,
      layerType: "mlp_out",
      tokenPos: "last",
      featureLayer: -1,
      baseModelName: null,
      dModel: 768,
      binEdges: null,
      activationMean: null,
      activationStd: null,
      head: { inputDim: 768, dropout: 0, hidden: null, outputScale: 1 },
      raw: MINIMAL,
    });
  });

  it("null is the same as missing", () => {
    const nulls = {
      ...MINIMAL,
      base_model_name: null,
      bin_edges: null,
      activation_mean: null,
      activation_std: null,
      head_config: { input_dim: 768, hidden_dim: null, activation: null, output_scale: null },
    };
    assert.deepEqual({ ...parse(nulls), raw: null }, { ...parse(MINIMAL), raw: null });
  });

  it("classification: as many classes as bins", () => {
    const config = parse({ ...MINIMAL, head_type: "classification", bin_edges: [0, 1, 1, 2] });
    assert.deepEqual(config.head, {
      inputDim: 768,
      dropout: 0,
      hidden: null,
      numClasses: 3,
      classWeights: null,
    });
  });

  it("token: no digit tokens, never the ASCII codes", () => {
    const config = parse({ ...MINIMAL, head_type: "token" });
    assert.deepEqual(config.head, { inputDim: 768, dropout: 0, digitTokens: null });
  });

  it("head_type from the class's name, input_dim from d_model", () => {
    const { head_type, ...rest } = MINIMAL;
    const config = parse({
      ...rest,
      d_model: 12,
      head_config: { class_name: "TokenPredictionHead" },
    });
    assert.equal(config.headType, "token");
    assert.equal(config.head.inputDim, 12);
  });
});

it("keeps what it does not know", () => {
  const raw = { ...MINIMAL, extra: { a: [1] } };
  assert.equal(parse(raw).raw, raw);
});

it("token_pos as a number, also written as a text by a command line", () => {
  assert.equal(parse({ ...MINIMAL, token_pos: 3 }).tokenPos, 3);
  assert.equal(parse({ ...MINIMAL, token_pos: "3" }).tokenPos, 3);
  assert.equal(parse({ ...MINIMAL, token_pos: -1 }).tokenPos, -1);
});

it("layer_type of every form", () => {
  const names = ["mlp_out", "resid_post", "post", "hook_embed", "blocks.8.mlp.hook_post"].concat([
    "ln_final.hook_scale",
    "blocks.0.attn.hook_attn_scores",
    "ln1.hook_normalized",
  ]);
  for (const layer_type of names)
    assert.equal(parse({ ...MINIMAL, layer_type }).layerType, layer_type);
});

describe("refuses", () => {
  const without = (key: string) =>
    Object.fromEntries(Object.entries(MINIMAL).filter(([k]) => k !== key));
  const head = (more: object) => ({ ...MINIMAL, head_config: { input_dim: 768, ...more } });
  const refusals: [what: string, reason: RegExp, raw: unknown][] = [
    [
      "a list",
      /config\.json: this is not a head's config\.json; found \[\], expected an object/,
      [],
    ],
    ["null", /not a head's config\.json; found null/, null],
    [
      "no target_layer",
      /"target_layer" is missing; expected a layer, 0 or more\. Add the key/,
      without("target_layer"),
    ],
    ["no target_neuron", /"target_neuron" is missing/, without("target_neuron")],
    ["no head_config", /"head_config" is missing; expected an object/, without("head_config")],
    [
      "no head_type",
      /"head_type" is missing; expected "regression", "classification"/,
      without("head_type"),
    ],
    [
      "no size",
      /"head_config\.input_dim" and "d_model" are missing/,
      { ...MINIMAL, head_config: {} },
    ],
    [
      "an unknown head_type",
      /"head_type" cannot be used; found "ranking"/,
      { ...MINIMAL, head_type: "ranking" },
    ],
    [
      "a negative layer",
      /"target_layer" cannot be used; found -1/,
      { ...MINIMAL, target_layer: -1 },
    ],
    [
      "half a neuron",
      /"target_neuron" cannot be used; found 1\.5/,
      { ...MINIMAL, target_neuron: 1.5 },
    ],
    ["a neuron that is a text", /found "481"/, { ...MINIMAL, target_neuron: "481" }],
    [
      "no activation's name",
      /"layer_type" cannot be used; found "a b"/,
      { ...MINIMAL, layer_type: "a b" },
    ],
    [
      "an unknown position",
      /"token_pos" cannot be used; found "first", expected "last" or an integer/,
      { ...MINIMAL, token_pos: "first" },
    ],
    ["sizes that differ", /contradict each other; found 768 and 12/, { ...MINIMAL, d_model: 12 }],
    [
      "descending bins",
      /"bin_edges" cannot be used; found \[1,0\], expected a list of at least two ascending/,
      { ...MINIMAL, bin_edges: [1, 0] },
    ],
    ["one bin edge", /"bin_edges"/, { ...MINIMAL, bin_edges: [1] }],
    [
      "bins of texts",
      /"bin_edges\.1" cannot be used; found "a"/,
      { ...MINIMAL, bin_edges: [0, "a"] },
    ],
    ["a negative spread", /"activation_std"/, { ...MINIMAL, activation_std: -1 }],
    [
      "an unknown activation",
      /"head_config\.activation" cannot be used; found "tanh", expected "relu", "gelu", "silu"/,
      head({ activation: "tanh" }),
    ],
    [
      "a hidden layer without activation",
      /"head_config\.activation" is missing; found a hidden layer of 4/,
      head({ hidden_dim: 4 }),
    ],
    [
      "a hidden layer of 0",
      /"head_config\.hidden_dim" cannot be used; found 0/,
      head({ hidden_dim: 0 }),
    ],
    [
      "a scale that is a text",
      /"head_config\.output_scale" cannot be used/,
      head({ output_scale: "2" }),
    ],
    [
      "nine digits",
      /"head_config\.digit_tokens" cannot be used.*expected ten token ids/,
      head({ digit_tokens: [1, 2, 3, 4, 5, 6, 7, 8, 9] }),
    ],
    ["negative digits", /digit_tokens\.9/, head({ digit_tokens: [1, 2, 3, 4, 5, 6, 7, 8, 9, -1] })],
    [
      "classes of an unknown number",
      /"head_config\.num_classes" is missing/,
      { ...MINIMAL, head_type: "classification" },
    ],
  ];
  for (const [what, reason, raw] of refusals) {
    it(what, () => assertRefused(() => parse(raw), reason, HeadConfigError));
  }
});

it("whatever stands in any place of it, it is read or refused in words of ours", () => {
  const json = (text: string) => JSON.parse(text) as unknown;
  const odd = [
    ...[null, true, 0, -1, 0.5, 2 ** 53, -(2 ** 53), 1e300, -0, "", "5", "x".repeat(1e5)],
    ...[[], {}, [[]], [1, 2], { length: 2 }, json('{"toString": 1, "valueOf": 1}')],
    ...[
      [1, json('{"toString": [2]}')],
      [json('[{"toString": 1}]'), 2],
      [json("1e999"), "2"],
    ],
    json('{"__proto__": {"toString": 1}, "constructor": null}'),
  ];
  const whole = {
    ...MINIMAL,
    head_type: "classification",
    layer_type: "mlp_out",
    token_pos: "last",
    feature_layer: -1,
    base_model_name: "gpt2",
    d_model: 768,
    bin_edges: [0, 1, 2],
    activation_mean: 0,
    activation_std: 1,
  };
  const head = {
    class_name: "ClassificationHead",
    input_dim: 768,
    dropout: 0.1,
    num_classes: 2,
    hidden_dim: 4,
    activation: "relu",
    output_scale: 1,
    class_weights: [1, 1],
    digit_tokens: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  };
  parse({ ...whole, head_config: head });
  for (const value of odd) {
    const configs = [
      value,
      ...Object.keys(whole).map((key) => ({ ...whole, head_config: head, [key]: value })),
      ...Object.keys(head).map((key) => ({ ...whole, head_config: { ...head, [key]: value } })),
    ];
    for (const config of configs) {
      try {
        parse(config);
      } catch (error) {
        assert.ok(error instanceof HeadConfigError, String((error as Error).stack));
        assert.match(error.message, /^[^\n]{1,400}$/);
        assert.doesNotMatch(error.message, /Invalid|Too (big|small)|received|undefined|\[object/);
      }
    }
  }
});
