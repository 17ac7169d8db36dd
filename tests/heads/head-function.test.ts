import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { parseHeadConfig } from "../../src/heads/head-config";
import { headFunction } from "../../src/heads/head-function";
import { type HeadTensor, loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { loadEngine } from "../../src/tensors/engine";
import { fixture, golden, relativeToLargest } from "../golden";

/** Written by scripts/make-head-fixtures.py: complex-step gradients by NumPy and SciPy. */
interface Expected {
  readonly features: number[][];
  readonly predictions: number[];
  readonly gradients: number[][];
}
interface Case extends Expected {
  readonly head_type: string;
  readonly head_config: object;
  readonly bin_edges: number[] | null;
  readonly tensors: Record<string, { shape: number[]; data: number[] }>;
}
interface TokenCase extends Expected {
  readonly eps: number;
  readonly unembedding: number[][];
  readonly bias: number[];
  readonly scale: number[] | null;
  readonly shift: number[] | null;
  readonly activation_mean: number | null;
  readonly activation_std: number | null;
}
const { cases, token_cases } = JSON.parse(
  readFileSync(fixture("heads", "gradients.json"), "utf8"),
) as { cases: Case[]; token_cases: TokenCase[] };

const TARGET = { target_layer: 0, target_neuron: 0 };

function check(head: BoundHead, { features, predictions, gradients }: Expected, what: string) {
  const { predict, gradient } = headFunction(head);
  features.forEach((row, i) => {
    const off = Math.abs(predict([row])[0] - predictions[i]);
    assert.ok(off <= 1e-9 * Math.abs(predictions[i]), `${what}: prediction ${i} is off by ${off}`);
    const error = relativeToLargest(gradient!(row), gradients[i]);
    assert.ok(error <= 1e-9, `${what}: gradient ${i} is off by ${error}`);
  });
}

/** A head whose own tensors are all that its prediction needs. */
function headOf({ head_type, head_config, bin_edges, tensors }: Omit<Case, keyof Expected>) {
  const config = parseHeadConfig({ head_type, ...TARGET, head_config, bin_edges }, "config.json");
  const arrays = new Map<string, HeadTensor>(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { dtype: "float32", shape, data: Float32Array.from(data) },
    ]),
  );
  const files = { config, tensors: arrays };
  return { files, model: { cfg: { d_model: 6 } }, reads: ["features"] } as unknown as BoundHead;
}

describe("a head's gradient, against a complex step in NumPy", () => {
  cases.forEach((one, i) => {
    const { hidden_dim, activation } = one.head_config as Record<string, unknown>;
    const hidden = hidden_dim ? `${hidden_dim} ${activation}` : "no hidden layer";
    it(`${i}: ${one.head_type}, ${hidden}`, () => check(headOf(one), one, one.head_type));
  });

  it("token heads, layer norm folded or not, scaled or not", async () => {
    await loadEngine();
    for (const one of token_cases) {
      const { activation_mean, activation_std } = one;
      const config = parseHeadConfig(
        {
          ...{ head_type: "token", ...TARGET, head_config: { input_dim: 6 } },
          ...{ activation_mean, activation_std },
        },
        "config.json",
      );
      // As processing leaves it when there is nothing to fold: [column, 0, 0, bias, 1] a token.
      const rows = one.unembedding.map((column, i) => [...column, 0, 0, one.bias[i], 1]);
      const unembedding = {
        rows: tf.tensor2d(rows),
        terms: { scale: tf.ones([6]), ofOffset: tf.ones([6]), mean: tf.zeros([6]) },
      };
      const norm = one.scale && { w: tf.tensor1d(one.scale), b: tf.tensor1d(one.shift!) };
      const head = {
        files: { config },
        model: {
          cfg: {
            eps: one.eps,
            n_layers: 1,
            normalization_type: "LN",
            output_logits_soft_cap: null,
          },
          weights: { unembedding, ln_final: norm },
        },
        digitTokens: Array.from({ length: 10 }, (_, i) => i),
      } as unknown as BoundHead;
      check(head, one, "token");
      tf.dispose([unembedding, norm ?? []]);
    }
  });

  it("a class's number has no gradient, and the reason", () => {
    const one = cases.find(({ head_type }) => head_type === "classification")!;
    const { gradient, whyNoGradient } = headFunction(headOf({ ...one, bin_edges: null }));
    assert.equal(gradient, null);
    assert.match(whyNoGradient!, /no bin_edges/);
  });
});

describe("a head as a function of the residual stream, on a real model", () => {
  let model: HookedTransformer;
  const { heads, sequences } = golden();
  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  for (const [name, expected] of Object.entries(heads)) {
    it(`${name}: predicts from what the model wrote there`, async () => {
      const head = bindHead(await loadHead(fixture("golden-a", expected.dir)), model);
      const { features, predict } = headFunction(head);
      const rows = sequences.map((tokens) => {
        const [logits, cache] = model.runWithCache(tokens, { namesFilter: features });
        const size = model.cfg.d_model;
        const start = head.position(tokens.length) * size;
        const row = cache
          .get(features)
          .dataSync()
          .slice(start, start + size);
        logits.dispose();
        cache.dispose();
        return row;
      });
      const error = relativeToLargest(predict(rows), expected.baseline.prediction);
      assert.ok(error < 1e-4, `off by ${error}`);
    });
  }
});
