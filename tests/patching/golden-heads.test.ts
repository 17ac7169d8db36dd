import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { linearWeights } from "../../src/heads/linear-weights";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { mlpNeuronWeights } from "../../src/model/named-weights";
import { patchHead } from "../../src/patching/head-experiment";
import type { Patch } from "../../src/patching/patch-kinds";
import { scalingExperiment } from "../../src/patching/scaling-experiment";
import { cosineSimilarity } from "../../src/stats/cosine-similarity";
import { fixture, golden, type Runs, relativeToLargest } from "../golden";

// Expected numbers: PyTorch 2.13, TransformerLens 3 and scikit-learn (golden-a/golden.json).
const TOLERANCE = 1e-4;
const { heads, sequences, scale_factors } = golden();

describe("a head's numbers are those of PyTorch", () => {
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  for (const [name, expected] of Object.entries(heads)) {
    describe(name, () => {
      let head: BoundHead;
      let tensors: number;

      before(async () => {
        head = bindHead(await loadHead(fixture("golden-a", expected.dir)), model);
        tensors = tf.memory().numTensors;
      });
      after(() => assert.equal(tf.memory().numTensors, tensors, "tensors leaked"));

      it("hook", () => {
        assert.equal(head.hook, expected.hook);
      });

      it("baseline and patched runs", async () => {
        const patches = expected.experiments.map(({ patch }) => patch as Patch);
        const { baseline, patched } = await patchHead(head, sequences, patches);
        agree(baseline, expected.baseline, "baseline");
        patched.forEach((run, i) => {
          agree(run, expected.experiments[i], String(run.patch));
        });
      });

      it("scaling experiment and its regressions", async () => {
        const result = await scalingExperiment(head, sequences, { factors: scale_factors });
        close(result.baseline_correlation, expected.baseline.correlation, "correlation");
        result.scaling.forEach((run, i) => {
          agree(run, expected.scaling[i], String(run.patch));
        });
        close(result.regression.slope, expected.regression.slope, "slope");
        close(result.regression.intercept, expected.regression.intercept, "intercept");
        close(result.regression.r_squared, expected.regression.r_squared, "r_squared");
        expected.per_input.forEach((fit, i) => {
          close(result.per_input[i].slope, fit.slope, `slope of prompt ${i}`);
          close(result.per_input[i].intercept, fit.intercept, `intercept of prompt ${i}`);
          close(result.per_input[i].r2, fit.r2, `r2 of prompt ${i}`);
        });
      });

      it("linear weights and their similarities", () => {
        const { weights, alternative } = linearWeights(head);
        assert.ok(relativeToLargest(weights, expected.linear_weights) < TOLERANCE);
        const { targetLayer, targetNeuron } = head.files.config;
        const neuron = mlpNeuronWeights(model, targetLayer, targetNeuron);
        close(cosineSimilarity(weights, neuron.input), expected.sim_with_input, "sim_with_input");
        close(
          cosineSimilarity(weights, neuron.output),
          expected.sim_with_output,
          "sim_with_output",
        );
        if (expected.sim_unembed_with_input !== undefined) {
          const similarity = cosineSimilarity(alternative!.weights, neuron.input);
          close(similarity, expected.sim_unembed_with_input, "sim_unembed_with_input");
        }
      });
    });
  }
});

function agree(
  actual: { activation: number[]; prediction: number[] },
  expected: Runs,
  what: string,
) {
  for (const key of ["activation", "prediction"] as const) {
    const error = relativeToLargest(actual[key], expected[key]);
    assert.ok(error < TOLERANCE, `${what}: ${key} is off by ${error}`);
  }
}

function close(actual: number | null, expected: number, what: string) {
  assert.ok(
    actual !== null && Math.abs(actual - expected) < TOLERANCE * Math.max(1, Math.abs(expected)),
    `${what}: ${actual} is not ${expected}`,
  );
}
