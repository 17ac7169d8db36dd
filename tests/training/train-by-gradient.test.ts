import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { parseHeadConfig } from "../../src/heads/head-config";
import { predictFromFeatures } from "../../src/heads/prediction";
import { silentProgress } from "../../src/progress/progress";
import { randomStream } from "../../src/stats/random-stream";
import { loadEngine } from "../../src/tensors/engine";
import { rowViews, standardisation } from "../../src/training/feature-rows";
import {
  DEFAULT_GRADIENT_SETTINGS,
  type GradientTask,
  trainByGradient,
} from "../../src/training/train-by-gradient";
import { unstandardised } from "../../src/training/unstandardised";

before(() => loadEngine());

/** Two features far from zero; the target is their product around the mean, which no line can give. */
const stream = randomStream(0, "test");
const count = 400;
const data = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2) * 50 + stream.gaussian());
const products = Array.from({ length: count }, (_, i) => data[2 * i] * (data[2 * i + 1] - 50));
const rows = [...products.keys()];
const all = { data, columns: 2, rows };
const standard = standardisation(all);

function task(changes: Partial<GradientTask> = {}): GradientTask {
  const part = (chosen: number[]) => ({
    features: { ...all, rows: chosen },
    targets: chosen.map((row) => products[row]),
  });
  return {
    train: part(rows.filter((row) => row % 4 !== 0)),
    validation: part(rows.filter((row) => row % 4 === 0)),
    standard,
    objective: { kind: "regression" },
    hidden: { dim: 32, activation: "gelu" },
    dropout: 0,
    settings: { ...DEFAULT_GRADIENT_SETTINGS, learningRate: 0.02, batchSize: 32 },
    seed: 0,
    progress: () => silentProgress,
    ...changes,
  };
}

test("a hidden layer learns what no line can, and the head reads features in their own units", async () => {
  const { best, curves, bestEpoch } = await trainByGradient(task());
  assert.ok(curves.val_loss[bestEpoch] < 0.1, `validation loss ${curves.val_loss[bestEpoch]}`);
  assert.equal(curves.val_loss[bestEpoch], Math.min(...curves.val_loss));

  const outputScale = 2;
  const units = { mean: 5, scale: 3, outputScale };
  const json = {
    head_type: "regression",
    target_layer: 0,
    target_neuron: 0,
    head_config: { input_dim: 2, hidden_dim: 32, activation: "gelu", output_scale: outputScale },
  };
  const config = parseHeadConfig(json, "config.json");
  const tensors = unstandardised(best, standard, units);
  const held = { ...all, rows: task().validation.features.rows };
  const predicted = predictFromFeatures({ config, tensors }, rowViews(held));
  const errors = predicted.map((value, i) => (value - 5) / 3 - products[held.rows[i]]);
  const loss = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
  assert.ok(Math.abs(loss - curves.val_loss[bestEpoch]) < 1e-4);
});

test("the same seed gives the same weights bit for bit, with dropout too; another seed others", async () => {
  const settings = { ...task().settings, epochs: 3 };
  const train = (seed: number) => trainByGradient(task({ settings, dropout: 0.3, seed }));
  const [first, second, other] = [await train(1), await train(1), await train(2)];
  assert.deepEqual(first, second);
  assert.notDeepEqual(first.final, other.final);
});

test("training stops when the validation loss has not fallen for a while; the rate follows a cosine", async () => {
  const settings = { ...task().settings, epochs: 400, patience: 3, learningRate: 0.05 };
  const { curves, bestEpoch } = await trainByGradient(task({ settings, hidden: null }));
  assert.equal(curves.val_loss.length, bestEpoch + 1 + 3);
  assert.ok(curves.learning_rate[0] <= 0.05);
  assert.ok(curves.learning_rate.every((rate, i, all) => i === 0 || rate < all[i - 1]));
});

test("classes are learnt, and a class of weight 0 is not", async () => {
  const label = (row: number) => Number(data[2 * row] > 0);
  const part = (chosen: number[]) => ({
    features: { ...all, rows: chosen },
    targets: chosen.map(label),
  });
  const base = task({ hidden: null, train: part(rows), validation: part(rows) });
  const learn = (classWeights: number[] | null) =>
    trainByGradient({ ...base, objective: { kind: "classification", classes: 2, classWeights } });
  const fair = await learn(null);
  assert.ok(fair.curves.val_loss[fair.bestEpoch] < 0.1);
  const [zero, one] = (await learn([0, 1])).best.get("output.bias")!.data;
  assert.ok(one > zero + 1);
});

test("no tensor is left behind", async () => {
  const settings = { ...task().settings, epochs: 2 };
  const before = tf.memory().numTensors;
  await trainByGradient(task({ settings, dropout: 0.1 }));
  assert.equal(tf.memory().numTensors, before);
});
