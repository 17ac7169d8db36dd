import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type HeadConfig, parseHeadConfig } from "../../src/heads/head-config";
import { predictFromDigitLogits, predictFromFeatures } from "../../src/heads/prediction";
import { predictionRounding } from "../../src/heads/prediction-rounding";
import { randomStream } from "../../src/stats/random-stream";

const SIZE = 64;

interface Made {
  readonly type: "regression" | "classification" | "token";
  readonly bins?: readonly number[] | null;
  readonly hidden?: number | null;
  readonly scale?: number;
  readonly bias?: number;
}

function files({ type, bins = [-3, -1, 0, 2, 5], hidden = null, scale = 1, bias = 0 }: Made) {
  const stream = randomStream(1, "weights");
  const outputs = type === "classification" ? 4 : 1;
  const tensor = (shape: number[], value: () => number) => ({
    dtype: "float32" as const,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, value),
  });
  const config: HeadConfig = parseHeadConfig(
    {
      ...{ head_type: type, target_layer: 0, target_neuron: 0, bin_edges: bins },
      head_config: {
        input_dim: SIZE,
        hidden_dim: hidden,
        num_classes: outputs,
        activation: "gelu",
      },
    },
    "config.json",
  );
  const random = () => scale * stream.gaussian();
  const tensors = new Map([
    ["output.weight", tensor([outputs, hidden ?? SIZE], random)],
    ["output.bias", tensor([outputs], () => bias)],
  ]);
  if (hidden) {
    tensors.set("hidden.weight", tensor([hidden, SIZE], random));
    tensors.set("hidden.bias", tensor([hidden], random));
  }
  return {
    ...{ directory: "", headFile: "", configFile: "", warnings: [] },
    ...{ config, tensors },
  } as unknown as Parameters<typeof predictionRounding>[0];
}

const features = () => {
  const stream = randomStream(2, "features");
  return Array.from({ length: SIZE }, () => Math.fround(10 * stream.gaussian()));
};

/** The largest change of a prediction when every feature is moved by its last digit, up or down. */
function moved(predict: (inputs: number[][]) => number[], input: number[]): number {
  const stream = randomStream(3, "signs");
  const inputs = Array.from({ length: 200 }, () =>
    input.map((value) => value * (1 + 2 ** -23 * (stream.uniform() < 0.5 ? -1 : 1))),
  );
  const [own] = predict([input]);
  return Math.max(...predict(inputs).map((prediction) => Math.abs(prediction - own)));
}

describe("how far rounding can move a prediction", () => {
  for (const [name, made] of Object.entries<Made>({
    "a linear head": { type: "regression" },
    "with a hidden layer": { type: "regression", hidden: 8 },
    "classes with bins": { type: "classification", scale: 0.02 },
    "classes, with a hidden layer": { type: "classification", hidden: 8, scale: 0.3 },
  })) {
    it(`${name}: more than moving every feature by its last digit, and not a hundred times`, () => {
      const head = files(made);
      const [rounding] = predictionRounding(head, [features()]);
      const seen = moved((inputs) => predictFromFeatures(head, inputs), features());
      assert.ok(rounding > seen && rounding < 100 * seen, `${rounding} beside ${seen}`);
    });
  }

  it("a token head's, by its logits", () => {
    const head = files({ type: "token" });
    const logits = [3, 1, -2, 4, 0.5, 2, 1, 1, 0, 3];
    const [rounding] = predictionRounding(head, [logits]);
    const seen = moved((inputs) => predictFromDigitLogits(head.config, inputs), logits);
    assert.ok(rounding > seen && rounding < 100 * seen, `${rounding} beside ${seen}`);
  });

  it("follows the scale of the weights, and of a large bias only float64's digits", () => {
    const [one] = predictionRounding(files({ type: "regression" }), [features()]);
    const [tiny] = predictionRounding(files({ type: "regression", scale: 1e-30 }), [features()]);
    assert.ok(Math.abs(tiny / one - 1e-30) < 1e-34);
    const [far] = predictionRounding(files({ type: "regression", bias: 1e6 }), [features()]);
    assert.ok(far - one < 1e-8 && far > one);
  });

  it("the number of a class is exact", () => {
    const head = files({ type: "classification", bins: null });
    assert.deepEqual(predictionRounding(head, [features()]), [0]);
  });

  it("classes that say the same: no more than float64's own", () => {
    const head = files({ type: "classification", scale: 0 });
    const [rounding] = predictionRounding(head, [features()]);
    // The largest centre is 3.5.
    assert.ok(rounding > 3.5 * Number.EPSILON && rounding < 100 * 3.5 * Number.EPSILON);
  });
});
