import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../src/errors";
import { bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { patchHead } from "../../src/patching/head-experiment";
import { randomStream } from "../../src/stats/random-stream";
import { type TrainedHead, trainHead, trainHeads } from "../../src/training/train-head";
import type { TrainHeadOptions } from "../../src/training/train-head-options";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";

const cacheFolder = temporaryFolder();
const timestamp = new Date("2025-04-22T17:33:14Z");
const RUN = "neuron_l1_n7_20250422_173314";
let model: HookedTransformer;

before(async () => {
  model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
});
after(() => model.dispose());

/** 400 prompts of 1 to 12 random tokens of the small random model. */
const stream = randomStream(0, "test");
const texts = Array.from({ length: 400 }, () =>
  Array.from({ length: stream.integer(1, 12) }, () => stream.integer(0, 298)),
);

function train(options: Partial<TrainHeadOptions> = {}): Promise<TrainedHead> {
  return trainHead(model, {
    layer: 1,
    neuron: 7,
    texts,
    out: temporaryFolder(),
    timestamp,
    cacheFolder,
    baseModelName: "small",
    ...options,
  });
}

function bytesOf(directory: string): [string, Buffer][] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, Buffer] => [
      entry.name,
      readFileSync(join(entry.parentPath, entry.name)),
    ]);
}

test("a linear head is written as the Python pipeline does, and its reader agrees with the metrics", async () => {
  const { directory, config, metrics } = await train({ featureLayer: 1 });
  assert.ok(directory.endsWith(RUN));
  const keys = JSON.parse(
    readFileSync(
      fixture("golden-a", "heads", "regression_linear", RUN, "best_model", "config.json"),
      "utf8",
    ),
  );
  const written = JSON.parse(readFileSync(join(directory, "best_model", "config.json"), "utf8"));
  assert.deepEqual(Object.keys(written), Object.keys(keys));
  assert.deepEqual(Object.keys(written.head_config), Object.keys(keys.head_config));
  assert.deepEqual(written, config);
  const metricsFile = readFileSync(join(directory, "training_metrics.json"), "utf8");
  assert.deepEqual(JSON.parse(metricsFile), metrics);

  const head = bindHead(await loadHead(directory), model);
  assert.equal(head.hook, "blocks.1.hook_mlp_out");
  assert.equal(metrics.hook, head.hook);
  const { baseline } = await patchHead(head, texts, []);
  const squares = baseline.activation.map((value, i) => (value - baseline.prediction[i]) ** 2);
  const mse = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  const { best_model_metrics, test_metrics } = metrics;
  const parts = [best_model_metrics.train, best_model_metrics.validation, test_metrics];
  const reported = parts.reduce((sum, part) => sum + part.n * part.mse, 0) / texts.length;
  assert.ok(Math.abs(mse / reported - 1) < 1e-4, `${mse} is not ${reported}`);
  const { mse: loss, mae, r2 } = best_model_metrics.validation;
  assert.deepEqual(metrics.val_metrics, [{ mse: loss, mae, r2_score: r2 }]);
  assert.deepEqual([metrics.best_epoch, metrics.best_val_loss], [1, loss]);
  assert.ok(test_metrics.r2! > 0.4, `R² ${test_metrics.r2}`);
  assert.ok(metrics.selectivity! > 0.4, `selectivity ${metrics.selectivity}`);
  assert.ok(metrics.baselines.mean.r2! <= 0);
});

for (const [name, options] of Object.entries({
  "a linear regression": {},
  "a regression with a hidden layer": { hiddenDim: 8, activation: "silu", dropout: 0.1 },
  "a classification": { headType: "classification", numBins: 5, classWeights: "balanced" },
} satisfies Record<string, Partial<TrainHeadOptions>>)) {
  test(`the same options give the same files bit for bit: ${name}`, async () => {
    const short = { ...options, gradient: { epochs: 3 } };
    const [first, second] = [await train(short), await train(short)];
    assert.deepEqual(bytesOf(first.directory), bytesOf(second.directory));
  });
}

test("a hidden layer, an output scale and another place to read are honoured", async () => {
  const { directory, metrics } = await train({
    layerType: "post",
    hiddenDim: 16,
    activation: "relu",
    outputScale: 0.5,
    featureLayer: 1,
    tokenPos: 2,
  });
  const head = bindHead(await loadHead(directory), model);
  assert.equal(head.hook, "blocks.1.mlp.hook_post");
  assert.deepEqual(head.reads, ["blocks.1.hook_resid_post"]);
  assert.equal(head.position(12), 2);
  assert.equal(metrics.best_val_loss, Math.min(...metrics.val_loss));
  assert.equal(metrics.best_val_loss, metrics.val_loss[metrics.best_epoch - 1]);
  const { train_loss, train_metrics, val_metrics } = metrics;
  assert.equal(train_metrics.length, train_loss.length);
  const best = val_metrics[metrics.best_epoch - 1] as { mse: number; r2_score: number };
  assert.ok(Math.abs(best.mse / metrics.best_val_loss! - 1) < 1e-3);
  assert.ok(Math.abs(best.r2_score - metrics.best_model_metrics.validation.r2!) < 1e-3);
  assert.ok(
    Math.abs(metrics.best_model_metrics.validation.mse / metrics.best_val_loss! - 1) < 1e-3,
  );
  const final = await loadHead(join(directory, "final_model"));
  assert.equal(final.config.headType, "regression");
});

test("a classification head predicts better than the most frequent class", async () => {
  const { directory, metrics, config } = await train({
    headType: "classification",
    featureLayer: 1,
    numBins: 2,
    binning: "quantile",
    classWeights: "balanced",
  });
  assert.equal(config.bin_edges!.length, 3);
  const epoch = metrics.val_metrics[metrics.best_epoch - 1] as { accuracy: number };
  assert.equal(epoch.accuracy, metrics.best_model_metrics.validation.accuracy);
  assert.ok(metrics.test_metrics.accuracy! > 0.65, `accuracy ${metrics.test_metrics.accuracy}`);
  assert.ok(metrics.test_metrics.correlation! > 0.4);
  const head = await loadHead(directory);
  assert.deepEqual(head.tensors.get("output.weight")!.shape, [2, model.cfg.d_model]);
});

test("without a neuron the best eligible one of the scan is taken", async () => {
  const { config, metrics } = await train({ neuron: undefined, layer: -2 });
  assert.equal(config.target_layer, 2);
  assert.equal(config.target_neuron, metrics.scan![0].neuron);
  assert.ok(metrics.scan![0].eligible);
});

test("a token head is written without weights, on the digits of the tokenizer", async () => {
  const base = join(__dirname, "..", "..", "models", "tiny-gpt2");
  const words = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
  const prompts = words.flatMap((a) => words.map((b) => `There were ${a} or ${b}`));
  const { directory, config } = await trainHead(base, {
    layer: 2,
    headType: "token",
    texts: prompts,
    out: temporaryFolder(),
    timestamp,
    cacheFolder,
  });
  const { tensors, config: read } = await loadHead(directory);
  assert.equal(tensors.size, 0);
  assert.equal(read.headType, "token");
  const { head_config } = config;
  assert.ok("digit_tokens" in head_config && new Set(head_config.digit_tokens).size === 10);
  assert.ok(config.activation_std > 0);
});

test("training leaves no tensor behind", async () => {
  const before = tf.memory().numTensors;
  await train({ headType: "classification", numBins: 3, gradient: { epochs: 2 } });
  assert.equal(tf.memory().numTensors, before);
});

test("bad input is refused with the reason, and nothing is written", async () => {
  const same = texts.map(() => [5]);
  const cases: [Partial<TrainHeadOptions>, RegExp][] = [
    [{ layer: 4 }, /layer is out of range; found 4, expected a whole number from -4 to 3/],
    [{ neuron: 48 }, /neuron is out of range; found 48, expected a whole number from 0 to 47/],
    [{ neuron: -1 }, /neuron is out of range/],
    [{ layerType: "mlp_uot" }, /Did you mean/],
    [{ layerType: "pattern" }, /no neurons at a position/],
    [{ featureLayer: 9 }, /feature layer is out of range/],
    [{ texts: texts.slice(0, 20) }, /too few texts.*Give more texts/],
    [{ texts: same }, /too few texts/],
    [{ texts: ["a text"] }, /no tokenizer/],
    [{ texts: [...texts, []] }, /empty/],
    [{ texts: texts.map((_, i) => [5, i % 298, 7]), tokenPos: 0 }, /too few texts/],
    [{ headType: "classification", numBins: 1 }, /not a number of bins/],
    [{ hiddenDim: 0 }, /hiddenDim cannot be used/],
    [{ dropout: 1 }, /dropout cannot be used/],
    [{ outputScale: 0 }, /outputScale cannot be used/],
    [{ gradient: { epochs: 0 } }, /gradient.epochs cannot be used/],
    [{ testShare: 0 }, /part of the split empty/],
  ];
  for (const [options, message] of cases) {
    const out = temporaryFolder();
    await assert.rejects(train({ ...options, out }), (error: Error) => {
      assert.ok(error instanceof InputError, `${error.name} for ${JSON.stringify(options)}`);
      assert.match(error.message, message);
      return true;
    });
    assert.deepEqual(readdirSync(out), []);
  }
});

test("an activation that does not vary is refused", async () => {
  // Every prompt begins with the same token, and the embedding is measured there.
  const texts = Array.from({ length: 60 }, (_, i) => [i]);
  await assert.rejects(train({ layerType: "hook_pos_embed", texts }), /does not vary.*Give more/);
});

test("a head is not written over another", async () => {
  const out = temporaryFolder();
  mkdirSync(join(out, RUN));
  await assert.rejects(train({ out }), /there is a head in this folder already.*another moment/);
  assert.deepEqual(readdirSync(join(out, RUN)), []);
});

for (const given of [
  {},
  { headType: "classification", numBins: 3, gradient: { epochs: 2 } },
  { hiddenDim: 4, gradient: { epochs: 2 } },
] as const) {
  test(`heads for several neurons are what each is alone, ${JSON.stringify(given)}`, async () => {
    const together = temporaryFolder();
    const neurons = [11, 7, 2];
    const { heads, skipped } = await trainHeads(model, {
      ...{ layer: 1, texts, out: together, timestamp, cacheFolder, baseModelName: "small" },
      ...{ neurons, ...given },
    });
    assert.deepEqual(
      heads.map(({ config }) => config.target_neuron),
      neurons,
    );
    assert.deepEqual(skipped, []);
    for (const [i, neuron] of neurons.entries()) {
      const alone = await train({ neuron, ...given });
      assert.deepEqual(bytesOf(heads[i].directory), bytesOf(alone.directory));
    }
  });
}

test("the best of a scan get heads, the best first", async () => {
  const out = temporaryFolder();
  const options = { layer: 1, texts, out, timestamp, cacheFolder };
  const { heads } = await trainHeads(model, { ...options, top: 3 });
  const { scan } = (await train({ neuron: undefined })).metrics;
  assert.deepEqual(
    heads.map(({ config }) => config.target_neuron),
    scan!.slice(0, 3).map(({ neuron }) => neuron),
  );
});

test("a neuron that does not vary gets no head, and it is said", async () => {
  // Some of OPT's hidden neurons (ReLU) are silent on all of a few texts.
  const opt = await HookedTransformer.fromPretrained(fixture("arch", "opt", "base-model"));
  try {
    const { heads, skipped } = await trainHeads(opt, {
      ...{ layer: 1, layerType: "post", timestamp, out: temporaryFolder(), cacheFolder },
      texts: Array.from({ length: 200 }, (_, i) => [3 + ((i * 7) % 90), 3 + ((i * 13) % 50)]),
      neurons: [23, 24, 25],
    });
    assert.deepEqual(
      heads.map(({ config }) => config.target_neuron),
      [23, 25],
    );
    assert.equal(skipped.length, 1);
    assert.equal(skipped[0].neuron, 24);
    assert.match(skipped[0].reason, /neuron 24 of blocks\.1\.mlp\.hook_post does not vary/);
  } finally {
    opt.dispose();
  }
});

test("where no neuron varies there is no head", async () => {
  const out = temporaryFolder();
  const options = { layer: 1, out, timestamp, cacheFolder, layerType: "hook_pos_embed" };
  const oneToken = Array.from({ length: 60 }, (_, i) => [i]);
  await assert.rejects(
    trainHeads(model, { ...options, texts: oneToken, neurons: [0, 1] }),
    /neuron 0 of hook_pos_embed does not vary/,
  );
  assert.deepEqual(readdirSync(out), []);
});

test("it is said which neurons get heads, each once", async () => {
  const out = temporaryFolder();
  const options = { layer: 1, texts, out, timestamp, cacheFolder };
  for (const [choice, message] of [
    [{}, /not said which neurons.*neither/],
    [{ neurons: [1], top: 1 }, /not said which neurons.*neurons and top/],
    [{ neurons: [] }, /there is no neuron/],
    [{ neurons: [3, 4, 3] }, /named twice; found 3/],
    [{ neurons: [3, 9999] }, /neuron is out of range; found 9999/],
    [{ top: 0 }, /not a number of neurons; found 0/],
    [{ top: 1.5 }, /not a number of neurons; found 1.5/],
  ] as const) {
    await assert.rejects(trainHeads(model, { ...options, ...choice }), message);
  }
  mkdirSync(join(out, "neuron_l1_n4_20250422_173314"));
  await assert.rejects(trainHeads(model, { ...options, neurons: [3, 4] }), /head in this folder/);
  assert.deepEqual(readdirSync(out), ["neuron_l1_n4_20250422_173314"]);
});
