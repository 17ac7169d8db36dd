import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { KeyValueCache } from "../../src/model/key-value-cache";
import {
  getWeight,
  linearisedReadDirection,
  mlpNeuronWeights,
  weightNames,
} from "../../src/model/named-weights";

const BUNDLED = join(__dirname, "..", "..", "models", "tiny-gpt2");

// Every public call on a model and its cache, with its results disposed: as many tensors as before.
describe("no tensor is leaked by", () => {
  const text = "Once upon a time";
  const texts = ["Once upon a time", "The hill"];
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(BUNDLED);
  });
  after(() => model.dispose());

  const padded = { paddingSide: "left" } as const;
  const calls: Record<string, () => void> = {
    toTokens: () => model.toTokens(texts),
    toStrTokens: () => model.toStrTokens(text),
    "forward, logits": () => model.forward(text).dispose(),
    "forward, loss": () => model.forward(texts, { ...padded, returnType: "loss" }).dispose(),
    "forward, each token's loss": () =>
      model.forward(text, { returnType: "loss", lossPerToken: true }).dispose(),
    "forward, both": () => {
      const { logits, loss } = model.forward(text, { returnType: "both" });
      tf.dispose([logits, loss]);
    },
    "forward, nothing": () => void model.forward(text, { returnType: null }),
    "forward from and to a layer": () => {
      const residual = model.forward(text, { stopAtLayer: 1 });
      model.forward(residual, { startAtLayer: 1 }).dispose();
      residual.dispose();
    },
    "forward on a key/value cache": () => {
      const past = new KeyValueCache(model);
      for (const side of ["left", "right"] as const) {
        const options = { pastKvCache: past, paddingSide: side, returnType: null };
        model.forward(texts, options);
        model.forward(texts, options);
        past.freeze();
        model.forward(texts, options);
        past.unfreeze();
      }
      past.dispose();
    },
    runWithHooks: () => {
      const logits = model.runWithHooks(text, {
        fwdHooks: [
          [["mlp_out", 0], (value) => tf.zerosLike(value)],
          [["result", 0], (value) => value],
          [["resid_mid", 1], () => undefined],
        ],
      });
      logits.dispose();
    },
    runWithCache: () => {
      const [logits, cache] = model.runWithCache(texts, { ...padded, namesFilter: () => true });
      logits.dispose();
      cache.dispose();
    },
    "runWithCache, nothing and one activation": () => {
      const [, cache] = model.runWithCache(text, { returnType: null, namesFilter: "hook_embed" });
      cache.dispose();
    },
    "the cache's stacks": () => {
      const [logits, cache] = model.runWithCache(text);
      const parts = cache.decomposeResid(-1);
      const stacks = [
        parts,
        cache.accumulatedResid(-1, { applyLn: true, inclMid: true, posSlice: -1 }),
        cache.decomposeResid(1, { applyLn: true, posSlice: [0, 1] }),
        cache.stackHeadResults(-1, { applyLn: true, inclRemainder: true }),
        cache.logitAttrs(parts, " the", { incorrectTokens: 15 }),
        cache.logitLens(-1, { posSlice: -1 }),
      ];
      tf.dispose([logits, cache.applyLnToStack(parts.stack), ...stacks.map(({ stack }) => stack)]);
      cache.dispose();
    },
    generate: () => model.generate(text, { maxNewTokens: 4, doSample: true, seed: 3 }),
    getWeight: () => {
      for (const name of weightNames(model)) getWeight(model, name).dispose();
    },
    "a neuron's weights": () => {
      mlpNeuronWeights(model, 0, 1);
      linearisedReadDirection(model, 0, 1);
    },
  };

  for (const [name, call] of Object.entries(calls)) {
    it(name, () => {
      const before = tf.memory().numTensors;
      call();
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it("loading and disposing a model", async () => {
    const before = tf.memory().numTensors;
    for (const load of [
      HookedTransformer.fromPretrained,
      HookedTransformer.fromPretrainedNoProcessing,
    ]) {
      const another = await load(BUNDLED);
      another.forward([1, 2]).dispose();
      another.dispose();
      assert.throws(() => another.forward([1, 2]), /was disposed/);
    }
    assert.equal(tf.memory().numTensors, before);
  });
});
