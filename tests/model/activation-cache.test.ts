import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { CheckpointError, InputError } from "../../src/errors";
import { ActivationCache } from "../../src/model/activation-cache";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight } from "../../src/model/named-weights";
import { fixture, relativeToLargest } from "../golden";

// Expected numbers: identities of the residual stream, and plain loops over arrays. Names, labels and
// axes: TransformerLens's ActivationCache.
describe("an activation cache", () => {
  const batch = [
    [5, 17, 299, 0, 42, 7],
    [1, 2, 3, 4, 5, 6],
  ];
  let model: HookedTransformer;
  let raw: HookedTransformer;
  let logits: tf.Tensor3D;
  let cache: ActivationCache;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
    raw = await HookedTransformer.fromPretrainedNoProcessing(fixture("golden-a", "base-model"));
    [logits, cache] = model.runWithCache(batch);
  });
  after(() => {
    logits.dispose();
    cache.dispose();
    model.dispose();
    raw.dispose();
  });

  function agree(actual: tf.Tensor, expected: tf.Tensor, what: string, tolerance = 1e-5) {
    assert.deepEqual(actual.shape, expected.shape, what);
    const error = relativeToLargest(actual.dataSync(), expected.dataSync());
    assert.ok(error < tolerance, `${what} is off by ${error}`);
  }

  /** Runs `check` and sees that it leaves no tensor but those that it disposes. */
  function tidily(check: () => void) {
    const before = tf.memory().numTensors;
    tf.tidy(check);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  }

  it("gives the residual stream before each block and at the end", () => {
    tidily(() => {
      const { stack, labels } = cache.accumulatedResid();
      assert.deepEqual(labels, ["0_pre", "1_pre", "2_pre", "3_pre", "final_post"]);
      assert.deepEqual(stack.shape, [5, 2, 6, 48]);
      labels.slice(0, 4).forEach((label, i) => {
        agree(tf.gather(stack, i), cache.get("resid_pre", i), label, 1e-12);
      });
      agree(tf.gather(stack, 4), cache.get("resid_post", 3), "final_post", 1e-12);
    });
  });

  it("knows an activation by every name that TransformerLens has for it", () => {
    const scale = cache.get("blocks.3.ln2.hook_scale");
    for (const other of [
      cache.get("scale", 3, "ln2"),
      cache.get("scale", -1, "ln2"),
      cache.get("scale3ln2"),
      cache.get("blocks.-1.ln2.hook_scale"),
    ]) {
      assert.equal(other, scale);
    }
    assert.ok(cache.has("normalized", 0, "ln1"));
    assert.equal(cache.get("scale"), cache.get("ln_final.hook_scale"));
  });

  it("gives the residual stream up to a layer, with what the MLPs read, at some positions", () => {
    tidily(() => {
      const middle = cache.accumulatedResid(2, { inclMid: true, mlpInput: true, posSlice: -1 });
      assert.deepEqual(middle.labels, ["0_pre", "0_mid", "1_pre", "1_mid", "2_pre", "2_mid"]);
      assert.deepEqual(middle.stack.shape, [6, 2, 48]);
      const expected = tf.squeeze(tf.slice(cache.get("resid_mid", 2), [0, 5, 0], [2, 1, 48]), [1]);
      agree(tf.gather(middle.stack, 5), expected, "2_mid", 1e-12);
      const some = cache.accumulatedResid(1, { posSlice: [0, -2] });
      assert.deepEqual(some.stack.shape, [2, 2, 2, 48]);
      agree(
        tf.gather(some.stack, 1),
        tf.gather(cache.get("resid_pre", 1), [0, 4], 1),
        "positions 0 and 4",
        1e-12,
      );
      const range = cache.accumulatedResid(0, { posSlice: { start: 1, end: -1 } });
      assert.deepEqual(range.stack.shape, [1, 2, 4, 48]);
    });
  });

  it("takes the residual stream apart into what was written to it", () => {
    tidily(() => {
      for (let layer = 0; layer <= 4; layer++) {
        const { stack, labels } = cache.decomposeResid(layer);
        assert.equal(labels.length, 2 + 2 * layer);
        const whole = layer < 4 ? cache.get("resid_pre", layer) : cache.get("resid_post", 3);
        agree(tf.sum(stack, 0), whole, `layer ${layer}`);
      }
      const toMlp = cache.decomposeResid(2, { mlpInput: true });
      assert.equal(toMlp.labels.at(-1), "2_attn_out");
      agree(tf.sum(toMlp.stack, 0), cache.get("resid_mid", 2), "resid_mid");
      const mlps = cache.decomposeResid(2, { mode: "mlp", inclEmbeds: false });
      assert.deepEqual(mlps.labels, ["0_mlp_out", "1_mlp_out"]);
      const attention = cache.decomposeResid(2, { mode: "attn" });
      assert.deepEqual(attention.labels, ["embed", "pos_embed", "0_attn_out", "1_attn_out"]);
    });
  });

  it("takes attention apart into heads, kept or computed from z", () => {
    tidily(() => {
      const { stack, labels } = cache.stackHeadResults(3);
      assert.deepEqual(labels.slice(0, 5), ["L0H0", "L0H1", "L0H2", "L0H3", "L1H0"]);
      assert.deepEqual(stack.shape, [12, 2, 6, 48]);
      for (let layer = 0; layer < 3; layer++) {
        const heads = tf.sum(tf.slice(stack, layer * 4, 4), 0);
        const attnOut = tf.sub(
          cache.get("attn_out", layer),
          getWeight(model, `blocks.${layer}.attn.b_O`),
        );
        agree(heads, attnOut, `heads of layer ${layer}`);
      }
      const [end, kept] = model.runWithCache(batch, { namesFilter: /hook_result$/ });
      agree(kept.stackHeadResults(3).stack, stack, "hook_result");
      agree(
        kept.stackHeadResults(3, { posSlice: 2 }).stack,
        cache.stackHeadResults(3, { posSlice: 2 }).stack,
        "position 2",
      );
      end.dispose();
      kept.dispose();
      const all = cache.stackHeadResults(-1, { inclRemainder: true, posSlice: { start: 2 } });
      assert.equal(all.labels.at(-1), "remainder");
      assert.deepEqual(all.stack.shape, [17, 2, 4, 48]);
      agree(
        tf.sum(all.stack, 0),
        tf.slice(cache.get("resid_post", 3), [0, 2, 0], [2, 4, 48]),
        "heads and remainder",
      );
    });
  });

  it("applies the layer norm that reads the stack, by its cached scale or anew", () => {
    tidily(() => {
      const parts = cache.decomposeResid(2, { applyLn: true });
      agree(tf.sum(parts.stack, 0), cache.get("blocks.2.ln1.hook_normalized"), "ln1");
      const toMlp = cache.decomposeResid(1, { mlpInput: true, applyLn: true });
      agree(tf.sum(toMlp.stack, 0), cache.get("blocks.1.ln2.hook_normalized"), "ln2");
      const heads = cache.stackHeadResults(-1, {
        inclRemainder: true,
        applyLn: true,
        posSlice: -1,
      });
      agree(
        tf.sum(heads.stack, 0),
        tf.gather(cache.get("ln_final.hook_normalized"), 5, 1),
        "ln_final",
      );
      const streams = cache.accumulatedResid(-1, { applyLn: true });
      agree(tf.gather(streams.stack, 4), cache.get("ln_final.hook_normalized"), "final_post");
      // Recomputed: every component has its own mean and deviation.
      const early = tf.gather(streams.stack, 1);
      const mean = tf.mean(early, -1);
      const square = tf.mean(tf.square(early), -1);
      assert.ok(tf.max(tf.abs(mean)).dataSync()[0] < 1e-5);
      assert.ok(tf.max(tf.abs(tf.sub(square, 1))).dataSync()[0] < 1e-2);
      const second = cache.applyLnToStack(cache.decomposeResid(2).stack, 2, { batchSlice: 1 });
      agree(
        tf.sum(second, 0),
        tf.gather(cache.get("blocks.2.ln1.hook_normalized"), 1),
        "second sequence",
      );
    });
  });

  it("gives the model's logits from the last residual stream", () => {
    tidily(() => {
      const { stack } = cache.accumulatedResid(-1, { applyLn: true });
      const last = tf.reshape(tf.gather(stack, 4), [12, 48]) as tf.Tensor2D;
      const projected = tf.add(
        tf.matMul(last, getWeight(model, "unembed.W_U") as tf.Tensor2D),
        getWeight(model, "unembed.b_U"),
      );
      agree(tf.reshape(projected, [2, 6, 300]), logits, "logits");
    });
  });

  it("has a logit lens whose last entry is the logits, processed or not", () => {
    tidily(() => {
      for (const each of [model, raw]) {
        const [end, own] = each.runWithCache(batch);
        const { stack, labels } = own.logitLens();
        assert.equal(labels.at(-1), "final_post");
        assert.deepEqual(stack.shape, [5, 2, 6, 300]);
        agree(tf.gather(stack, 4), end, "final_post");
        const stopped = each.forward(own.get("resid_pre", 2), { startAtLayer: 4 });
        agree(tf.gather(stack, 2), stopped, "2_pre");
        const atEnd = own.logitLens(3, { posSlice: -1, inclMid: true });
        assert.deepEqual(atEnd.stack.shape, [7, 2, 300]);
        agree(tf.gather(atEnd.stack, 4), tf.gather(tf.gather(stack, 2), 5, 1), "2_pre, last");
        own.dispose();
        end.dispose();
      }
    });
  });

  it("attributes logit differences that sum to the model's", () => {
    tidily(() => {
      const b_U = getWeight(model, "unembed.b_U").dataSync();
      const values = logits.arraySync();
      const [right, wrong] = [
        [7, 250],
        [100, 3],
      ];
      const parts = cache.decomposeResid(-1, { posSlice: -1 });
      const { stack, labels } = cache.logitAttrs(parts, right, {
        incorrectTokens: wrong,
        posSlice: -1,
      });
      assert.deepEqual(labels, parts.labels);
      assert.deepEqual(stack.shape, [10, 2]);
      const sums = tf.sum(stack, 0).arraySync() as number[];
      sums.forEach((sum, row) => {
        const at = (id: number) => values[row][5][id] - b_U[id];
        assert.ok(Math.abs(sum - (at(right[row]) - at(wrong[row]))) < 1e-4, `sequence ${row}`);
      });
    });
  });

  it("attributes logits as a plain loop does, with tokens for all, per sequence and per position", () => {
    const parts = cache.decomposeResid(-1);
    const values = parts.stack.arraySync() as number[][][][];
    const scales = cache.get("ln_final.hook_scale").arraySync() as number[][][];
    const W_U = tf.tidy(() => getWeight(model, "unembed.W_U").arraySync() as number[][]);
    const slow = (c: number, b: number, p: number, token: number) => {
      const vector = values[c][b][p];
      const mean = vector.reduce((sum, x) => sum + x, 0) / vector.length;
      return vector.reduce((sum, x, d) => sum + ((x - mean) / scales[b][p][0]) * W_U[d][token], 0);
    };
    const perPosition = [
      [9, 8, 7, 6, 5, 4],
      [10, 20, 30, 40, 50, 60],
    ];
    const choices: [
      Parameters<ActivationCache["logitAttrs"]>[1],
      (b: number, p: number) => number,
    ][] = [
      [11, () => 11],
      [[11, 12], (b) => [11, 12][b]],
      [perPosition[0], (_b, p) => perPosition[0][p]],
      [[perPosition[0]], (_b, p) => perPosition[0][p]],
      [perPosition, (b, p) => perPosition[b][p]],
    ];
    tidily(() => {
      for (const [choice, tokenAt] of choices) {
        const { stack } = cache.logitAttrs(parts, choice);
        const expected = values.map((_, c) =>
          batch.map((ids, b) => ids.map((_id, p) => slow(c, b, p, tokenAt(b, p)))),
        );
        agree(stack, tf.tensor(expected), JSON.stringify(choice));
      }
      const second = cache.logitAttrs(parts, 11, { batchSlice: 1 });
      agree(second.stack, tf.gather(cache.logitAttrs(parts, 11).stack, 1, 1), "second sequence");
    });
    parts.stack.dispose();
  });

  it("goes into a file and comes back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tslens-cache-"));
    const path = join(folder, "cache.safetensors");
    try {
      await cache.toFile(path);
      const before = tf.memory().numTensors;
      const again = await ActivationCache.fromFile(path, model);
      assert.deepEqual(again.keys(), cache.keys());
      for (const name of cache.keys()) {
        assert.deepEqual(again.get(name).shape, cache.get(name).shape, name);
        assert.deepEqual(again.get(name).dataSync(), cache.get(name).dataSync(), name);
      }
      again.dispose();
      assert.equal(tf.memory().numTensors, before, "tensors leaked");

      const other = (name: string, shape: number[]) =>
        writeSafetensors(
          path,
          new Map([
            ["hook_embed", { dtype: "float32", shape: [1, 1, 48], data: new Float32Array(48) }],
            [
              name,
              {
                dtype: "float32",
                shape,
                data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
              },
            ],
          ]),
        );
      await other("blocks.9.hook_mlp_out", [1, 1, 48]);
      await assert.rejects(ActivationCache.fromFile(path, model), /found "blocks.9.hook_mlp_out"/);
      await other("blocks.1.mlp.hook_pre", [1, 1, 48]);
      await assert.rejects(
        ActivationCache.fromFile(path, model),
        /another shape than in this model; found \[1, 1, 48\], expected \[batch, pos, 192\]/,
      );
      writeFileSync(path, "not a file of tensors");
      await assert.rejects(ActivationCache.fromFile(path, model), CheckpointError);
      assert.equal(tf.memory().numTensors, before, "tensors leaked");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("keeps no more than what was asked for", () => {
    const before = tf.memory();
    const [end, small] = model.runWithCache(batch, { namesFilter: ["mlp_out", 1] });
    assert.deepEqual(small.keys(), ["blocks.1.hook_mlp_out"]);
    assert.equal(tf.memory().numTensors, before.numTensors + 2);
    assert.equal(tf.memory().numBytes, before.numBytes + 4 * (end.size + 2 * 6 * 48));
    end.dispose();
    small.dispose();
    assert.equal(tf.memory().numTensors, before.numTensors);
  });

  it("refuses what it cannot do, by name, and leaks nothing", () => {
    const [end, small] = model.runWithCache(batch, { namesFilter: /resid_p/ });
    const parts = cache.decomposeResid();
    const refused: [() => unknown, RegExp][] = [
      [() => small.decomposeResid(), /"hook_embed" was not kept in this run/],
      [
        () => small.accumulatedResid(2, { applyLn: true }),
        /"blocks.2.ln1.hook_scale" was not kept/,
      ],
      [() => small.stackHeadResults(), /"blocks.0.attn.hook_z" was not kept/],
      [() => cache.get("mlp_out", 4), /layer is out of range; found 4/],
      [() => cache.accumulatedResid(5), /layer is out of range; found 5/],
      [() => cache.accumulatedResid(-2), /layer is out of range; found -2/],
      [() => cache.accumulatedResid(-1, { mlpInput: true }), /mlpInput needs a block/],
      [() => cache.accumulatedResid(1, { posSlice: 6 }), /posSlice is out of range; found 6/],
      [() => cache.accumulatedResid(1, { posSlice: [] }), /posSlice chooses nothing/],
      [() => cache.accumulatedResid(1, { posSlice: { start: 4, end: 2 } }), /chooses nothing/],
      [() => cache.decomposeResid(1, { mode: "heads" as never }), /not a mode; found "heads"/],
      [() => cache.decomposeResid(0, { inclEmbeds: false }), /no components to stack/],
      [() => cache.stackHeadResults(0), /no components to stack/],
      [() => cache.applyLnToStack(tf.zeros([2, 2, 6, 47])), /not a stack of residual streams/],
      [() => cache.applyLnToStack(tf.zeros([2, 2, 5, 48])), /found \[2, 5\], expected \[2, 6\]/],
      [() => cache.logitAttrs(parts, 300), /outside the vocabulary; found 300/],
      [() => cache.logitAttrs(parts, [1, 2, 3]), /do not fit the stack; found \[3\]/],
      [() => cache.logitAttrs(parts, [[1, 2], [3]]), /rows of tokens differ in length/],
      [
        () => cache.logitAttrs(parts, " cat"),
        /not a single token; found a model without tokenizer/,
      ],
      [() => cache.logitAttrs(parts, 1, { incorrectTokens: [1, 2] }), /differ in shape/],
    ];
    const before = tf.memory().numTensors;
    for (const [run, message] of refused) {
      tf.tidy(() => {
        assert.throws(run, (error: Error) => {
          assert.ok(error instanceof InputError, `${error}`);
          assert.match(error.message, message);
          return true;
        });
      });
    }
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
    tf.dispose([end, parts.stack]);
    small.dispose();
  });
});
