import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../src/errors";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, relativeToLargest } from "../golden";

describe("what a run starts from, stops at and gives back", () => {
  const tokens = [5, 17, 299, 0, 42, 7];
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  it("starts from a residual stream as the whole run went on from it", () => {
    const before = tf.memory().numTensors;
    const [whole, cache] = model.runWithCache(tokens);
    for (const start of [0, 1, 3, -1, 4]) {
      const residual = start === 4 ? cache.get("resid_post", 3) : cache.get("resid_pre", start);
      const [logits, later] = model.runWithCache(residual, { startAtLayer: start });
      assert.deepEqual(logits.dataSync(), whole.dataSync(), `from ${start}`);
      assert.ok(later.keys().every((name) => !/^hook_|^blocks\.0\./.test(name) || start === 0));
      assert.ok(!later.has("hook_embed"));
      assert.ok(!residual.isDisposed);
      logits.dispose();
      later.dispose();
    }
    const part = model.forward(cache.get("resid_pre", 1), { startAtLayer: 1, stopAtLayer: 3 });
    assert.deepEqual(part.dataSync(), cache.get("resid_pre", 3).dataSync());
    const none = model.forward(cache.get("resid_pre", 2), { startAtLayer: 2, stopAtLayer: 2 });
    assert.deepEqual(none.dataSync(), cache.get("resid_pre", 2).dataSync());
    tf.dispose([whole, part, none]);
    cache.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("gives logits, loss, both or nothing, in all three calls", () => {
    const before = tf.memory().numTensors;
    const logits = model.forward(tokens);
    // Cross-entropy by hand, in float64.
    const rows = logits.arraySync()[0];
    const byHand = tokens.slice(1).map((next, t) => {
      const largest = Math.max(...rows[t]);
      const sum = rows[t].reduce((total, value) => total + Math.exp(value - largest), 0);
      return Math.log(sum) + largest - rows[t][next];
    });
    const mean = byHand.reduce((sum, value) => sum + value, 0) / byHand.length;
    const calls = {
      forward: <R extends "loss" | "both" | null, P extends boolean = false>(r: R, p?: P) =>
        model.forward(tokens, { returnType: r, lossPerToken: p }),
      runWithHooks: <R extends "loss" | "both" | null, P extends boolean = false>(r: R, p?: P) =>
        model.runWithHooks(tokens, { returnType: r, lossPerToken: p }),
      runWithCache: <R extends "loss" | "both" | null, P extends boolean = false>(r: R, p?: P) => {
        const [result, cache] = model.runWithCache(tokens, { returnType: r, lossPerToken: p });
        cache.dispose();
        return result;
      },
    };
    for (const [name, run] of Object.entries(calls)) {
      const loss = run("loss") as tf.Scalar;
      assert.deepEqual(loss.shape, [], name);
      assert.ok(Math.abs(loss.dataSync()[0] - mean) < 1e-5, name);
      const each = run("loss", true) as tf.Tensor2D;
      assert.deepEqual(each.shape, [1, tokens.length - 1], name);
      assert.ok(relativeToLargest(each.dataSync(), byHand) < 1e-5, name);
      const both = run("both") as { logits: tf.Tensor3D; loss: tf.Scalar };
      assert.deepEqual(both.logits.dataSync(), logits.dataSync(), name);
      assert.deepEqual(both.loss.dataSync(), loss.dataSync(), name);
      assert.equal(run(null), null, name);
      tf.dispose([loss, each, both.logits, both.loss]);
    }
    logits.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("gives the loss of a run from a residual stream with its tokens", () => {
    const [expected, cache] = model.runWithCache(tokens, { returnType: "loss" });
    const loss = model.forward(cache.get("resid_pre", 1), {
      startAtLayer: 1,
      returnType: "loss",
      tokens,
    });
    assert.deepEqual(loss.dataSync(), expected.dataSync());
    tf.dispose([loss, expected]);
    cache.dispose();
  });

  it("takes token ids as an int32 tensor", () => {
    const ids = tf.tensor1d(tokens, "int32");
    const rows = tf.tensor2d([tokens, tokens], undefined, "int32");
    const [a, b, c] = [model.forward(ids), model.forward(tokens), model.forward(rows)];
    assert.deepEqual(a.dataSync(), b.dataSync());
    assert.deepEqual(c.shape, [2, tokens.length, 300]);
    tf.dispose([ids, rows, a, b, c]);
  });

  it("refuses wrong kinds of input before TensorFlow sees them", () => {
    const stream = tf.zeros([1, 3, 48]);
    const disposed = tf.zeros([1, 3, 48]);
    disposed.dispose();
    const noop = () => {};
    const refused: [() => unknown, RegExp][] = [
      [() => model.forward(stream), /no token ids; found float32 \[1, 3, 48\]/],
      [() => model.forward(tf.tensor1d([1, 2])), /found float32 \[2\], expected int32/],
      [() => model.forward(tf.tensor2d([[1, 300]], undefined, "int32")), /outside the vocabulary/],
      [
        () => model.forward(tokens, { startAtLayer: 1 }),
        /the input is a residual stream; found a list/,
      ],
      [() => model.forward("text", { startAtLayer: 1 }), /is a residual stream; found "text"/],
      [() => model.forward(tf.zeros([3, 48]), { startAtLayer: 1 }), /found float32 \[3, 48\]/],
      [() => model.forward(tf.zeros([1, 3, 47]), { startAtLayer: 1 }), /expected a float32 tensor/],
      [() => model.forward(tf.zeros([0, 3, 48]), { startAtLayer: 1 }), /not a residual stream/],
      [
        () => model.forward(tf.zeros([1, 3, 48], "int32"), { startAtLayer: 1 }),
        /found int32 \[1, 3, 48\]/,
      ],
      [() => model.forward(disposed, { startAtLayer: 1 }), /was disposed/],
      [
        () => model.forward(tf.zeros([1, 65, 48]), { startAtLayer: 1 }),
        /longer than the model's context; found 65 positions, expected at most 64/,
      ],
      [() => model.forward(stream, { startAtLayer: 5 }), /startAtLayer is out of range; found 5/],
      [() => model.forward(tokens, { stopAtLayer: 1.5 }), /stopAtLayer is out of range; found 1.5/],
      [
        () => model.forward(stream, { startAtLayer: 3, stopAtLayer: 1 }),
        /stopAtLayer is before startAtLayer/,
      ],
      [
        () => model.forward(stream, { startAtLayer: 1, returnType: "loss" }),
        /needs the tokens of the residual stream/,
      ],
      [
        () => model.forward(stream, { startAtLayer: 1, tokens: [1, 2] }),
        /not those of the residual stream; found \[1, 2\], expected \[1, 3\]/,
      ],
      [
        () => model.forward(tokens, { returnType: "none" as never }),
        /not a returnType; found "none"/,
      ],
      [() => model.forward(tokens, { returnType: "loss", stopAtLayer: 1 }), /there is no loss/],
      [() => model.forward([3], { returnType: "loss" }), /at least two tokens/],
      [() => model.forward([[[1]]] as never), /outside the vocabulary/],
      [() => model.forward([[1], "a"] as never), /has no tokenizer/],
      [() => model.forward([Number.NaN]), /outside the vocabulary/],
      [() => model.forward(null as never), /not a model input; found null/],
      [
        () => model.runWithHooks(tokens, { fwdHooks: [["hook_embed", 5 as never]] }),
        /not a function/,
      ],
      [
        () => model.runWithHooks(tokens, { stopAtLayer: 2, fwdHooks: [[["post", 2], noop]] }),
        /does not reach the activation; found "blocks.2.mlp.hook_post"/,
      ],
      [
        () => model.runWithHooks(stream, { startAtLayer: 0, fwdHooks: [["hook_embed", noop]] }),
        /does not reach the activation/,
      ],
      [
        () => model.runWithCache(tokens, { stopAtLayer: 2, namesFilter: ["post", 3] }),
        /does not reach the activation/,
      ],
    ];
    for (const [run, message] of refused) {
      tf.tidy(() => {
        assert.throws(run, (error: Error) => {
          assert.ok(error instanceof InputError, `${error}`);
          assert.match(error.message, message);
          return true;
        });
      });
    }
    stream.dispose();
  });

  it("runs hooks of a pattern on the layers that it reaches", () => {
    const seen: string[] = [];
    const layers: number[] = [];
    const all = model.runWithHooks(tokens, {
      fwdHooks: [
        [/embed$|1.hook_resid_pre|_in$/, (_value, hook) => void layers.push(hook.layer())],
      ],
    });
    assert.deepEqual(layers, [-1, -1, 1, 4]);
    all.dispose();
    const end = model.runWithHooks(tokens, {
      stopAtLayer: 2,
      fwdHooks: [[/hook_mlp_out$/, (_value, { name }) => void seen.push(name)]],
    });
    assert.deepEqual(seen, ["blocks.0.hook_mlp_out", "blocks.1.hook_mlp_out"]);
    end.dispose();
  });
});
