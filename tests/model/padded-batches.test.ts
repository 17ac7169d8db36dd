import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, goldenSequences, relativeToLargest } from "../golden";

// Expected numbers: each sequence run alone. TransformerLens fixes the rest: position ids that count
// tokens, no position embedding at padding, a pattern of zeros where there is nothing to look at.
describe("a padded batch", () => {
  const sequences = goldenSequences()
    .filter((ids) => ids.length < 40)
    .concat([[3], [8, 9]]);
  const longest = Math.max(...sequences.map((ids) => ids.length));
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  /** A sequence's own part of an activation of the batch. */
  function ownPart(name: string, value: tf.Tensor, row: number, side: "left" | "right"): tf.Tensor {
    const length = sequences[row].length;
    const start = side === "left" ? longest - length : 0;
    const axes = /attn_scores$|pattern$/.test(name) ? [2, 3] : [1];
    const begin = value.shape.map((_, axis) =>
      axis === 0 ? row : axes.includes(axis) ? start : 0,
    );
    const size = value.shape.map((whole, axis) =>
      axis === 0 ? 1 : axes.includes(axis) ? length : whole,
    );
    return tf.slice(value, begin, size);
  }

  for (const side of ["left", "right"] as const) {
    it(`has every sequence's own numbers, padded on the ${side}`, () => {
      const before = tf.memory().numTensors;
      const [padded, cache] = model.runWithCache(sequences, { paddingSide: side });
      sequences.forEach((ids, row) => {
        const [alone, own] = model.runWithCache(ids);
        for (const [name, expected, whole] of [
          ["logits", alone, padded] as const,
          ...own.keys().map((name) => [name, own.get(name), cache.get(name)] as const),
        ]) {
          tf.tidy(() => {
            const actual = ownPart(name, whole, row, side);
            assert.deepEqual(actual.shape, expected.shape, name);
            const error = relativeToLargest(actual.dataSync(), expected.dataSync());
            assert.ok(error < 1e-5, `${name} of sequence ${row} is off by ${error}`);
          });
        }
        alone.dispose();
        own.dispose();
      });
      for (const name of cache.keys().filter((key) => !key.endsWith("attn_scores"))) {
        assert.ok(cache.get(name).dataSync().every(Number.isFinite), `${name} is not finite`);
      }
      padded.dispose();
      cache.dispose();
      assert.equal(tf.memory().numTensors, before, "tensors leaked");
    });

    it(`has the loss of its tokens only, padded on the ${side}`, () => {
      const each = sequences
        .filter((ids) => ids.length > 1)
        .flatMap((ids) => {
          const losses = model.forward(ids, { returnType: "loss", lossPerToken: true });
          assert.deepEqual(losses.shape, [1, ids.length - 1]);
          const values = [...losses.dataSync()];
          losses.dispose();
          return values;
        });
      const { logits, loss } = model.forward(sequences, { paddingSide: side, returnType: "both" });
      const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
      assert.ok(Math.abs(loss.dataSync()[0] - mean) < 1e-5);
      const perToken = model.forward(sequences, {
        paddingSide: side,
        returnType: "loss",
        lossPerToken: true,
      });
      assert.deepEqual(perToken.shape, [sequences.length, longest - 1]);
      const total = Array.from(perToken.dataSync()).reduce((sum, value) => sum + value, 0);
      assert.ok(Math.abs(total / each.length - mean) < 1e-5);
      tf.dispose([logits, loss, perToken]);
    });
  }

  it("is the same given with its mask", () => {
    const rows = [
      [0, 0, 5, 6],
      [1, 2, 3, 4],
    ];
    const mask = [
      [0, 0, 1, 1],
      [1, 1, 1, 1],
    ];
    const given = model.forward(rows, { attentionMask: mask });
    const filled = model.forward([[5, 6], rows[1]], { paddingSide: "left" });
    const realOnly = (values: tf.Tensor3D) => {
      const [first, second] = values.arraySync();
      return [...first.slice(2), ...second].flat();
    };
    assert.ok(relativeToLargest(realOnly(given), realOnly(filled)) < 1e-6);
    tf.dispose([given, filled]);
  });

  it("is refused without a side, with a wrong mask, or if it is not a batch of tokens", () => {
    const refused: [() => unknown, RegExp][] = [
      [() => model.forward([[1, 2], [3]]), /differ in length; found lengths 1, 2/],
      [
        () => model.forward([[1]], { paddingSide: "top" as never }),
        /not a padding side; found "top"/,
      ],
      [
        () => model.forward([[1, 2]], { attentionMask: [[1]] }),
        /another shape than the batch; found rows of 1, 1 of them, expected \[1, 2\]/,
      ],
      [() => model.forward([[1, 2]], { attentionMask: [[1, 2]] }), /something else than 0 and 1/],
      [() => model.forward([[1, 2]], { attentionMask: [[0, 0]] }), /row 0 .* is all padding/],
      [() => model.forward([[1, 2]], { attentionMask: 1 as never }), /another shape/],
    ];
    const before = tf.memory().numTensors;
    for (const [run, message] of refused) assert.throws(run, message);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });
});
