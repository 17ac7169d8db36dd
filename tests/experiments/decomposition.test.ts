import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { decomposition } from "../../src/experiments/audit/decomposition";
import { MeasuredRows } from "../../src/experiments/audit/measured-rows";
import { headFunction } from "../../src/heads/head-function";
import { measurePrompts } from "../../src/heads/measured-prompts";
import type { HookName } from "../../src/model/hook-names";
import { linearRegression } from "../../src/stats/linear-regression";
import { randomStream } from "../../src/stats/random-stream";
import { headInMemory } from "../../src/training/head-in-memory";
import { KINDS, randomFamilyModel } from "../patching/random-family";

/** Rounding of float32 runs, relative to the largest part. */
const TOLERANCE = 1e-5;

/**
 * Expected: what each part writes at the last token, from runs with a cache of one text each, times the
 * head's weights; its slope on the activation by the least squares of two lists.
 */
describe("the observational slope taken apart", () => {
  for (const kind of KINDS) {
    it(`sums up exactly, and says what each part has: ${kind.name}`, async () => {
      const { model } = await randomFamilyModel(kind, 5);
      try {
        const { cfg } = model;
        const random = randomStream(5, "decomposition");
        const layer = cfg.n_layers - 1;
        const weights = Float32Array.from({ length: cfg.d_model }, () => random.gaussian());
        const head = headInMemory(
          model,
          {
            ...{
              head_type: "regression",
              target_layer: 0,
              target_neuron: 1,
              layer_type: "mlp_out",
            },
            ...{ feature_layer: layer, head_config: { input_dim: cfg.d_model, hidden_dim: null } },
          },
          new Map([
            ["output.weight", { dtype: "float32", shape: [1, cfg.d_model], data: weights }],
            ["output.bias", { dtype: "float32", shape: [1], data: new Float32Array(1) }],
          ]),
        );
        const prompts = Array.from({ length: 12 }, () =>
          Array.from({ length: random.integer(2, 7) }, () => random.integer(0, cfg.d_vocab - 1)),
        );
        const caches = prompts.map((ids) => {
          const [logits, cache] = model.runWithCache(ids);
          logits.dispose();
          return cache;
        });
        const last = (name: HookName) =>
          caches.map((cache) => {
            const values = cache.get(name).dataSync();
            return values.slice(values.length - values.length / cache.get(name).shape[1]!);
          });
        const read = (row: ArrayLike<number>) =>
          Array.from(weights).reduce((sum, weight, i) => sum + weight * row[i], 0);
        const activation = last(["mlp_out", 0]).map((row) => row[1]);
        const slopeOf = (values: readonly number[]) => linearRegression(activation, values).slope!;
        const prediction = headFunction(head).predict(last(["resid_post", layer]));
        const tensors = tf.memory().numTensors;
        const texts = measurePrompts(head, prompts);
        const { parts, heads, neurons, slope, residue, target, direction } = await decomposition(
          head,
          new MeasuredRows(head.model, texts),
          activation,
          slopeOf(prediction),
        );
        assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
        const largest = Math.max(...parts.map((part) => Math.abs(part.slope.estimate!)));
        const near = (actual: number, expected: number, what: string) =>
          assert.ok(
            Math.abs(actual - expected) <= TOLERANCE * largest,
            `${what}: ${actual} is not ${expected}`,
          );
        assert.equal(direction, "weights");
        near(residue!, 0, "residue");
        near(
          parts.reduce((sum, part) => sum + part.slope.estimate!, 0),
          slope!,
          "sum",
        );
        for (const { part, layer: of, slope: found } of parts) {
          if (of === null || (part !== "attn_out" && part !== "mlp_out")) continue;
          near(found.estimate!, slopeOf(last([part, of]).map(read)), `${part} ${of}`);
        }
        near(target!, weights[1], "the target itself");
        if (cfg.use_normalization_before_and_after) {
          assert.deepEqual([heads, neurons], [null, null]);
          return;
        }
        for (let of = 0; of <= layer; of++) {
          const sum = heads!
            .filter((one) => one.layer === of)
            .reduce((total, one) => total + one.slope, 0);
          near(sum, slopeOf(last(["attn_out", of]).map(read)), `heads of block ${of}`);
        }
        const { mlp } = model.weights.blocks[neurons![0].layer];
        const [{ layer: of, neuron }] = neurons!;
        const rows = mlp.W_out.dataSync();
        const write = read(rows.slice(neuron * cfg.d_model, (neuron + 1) * cfg.d_model));
        const alone = slopeOf(last(["post", of]).map((row) => row[neuron] * write));
        near(neurons![0].slope, alone, `neuron ${of}.${neuron}`);
        for (const cache of caches) cache.dispose();
      } finally {
        model.dispose();
      }
    });
  }
});
