import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { KeyValueCache } from "../../src/model/key-value-cache";
import { fixture, relativeToLargest } from "../golden";

// Expected numbers: the same tokens in one run.
describe("a key/value cache", () => {
  const tokens = [5, 17, 299, 0, 42, 7, 8, 9];
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  function agree(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string) {
    const error = relativeToLargest(actual, expected);
    assert.ok(error < 1e-5, `${what} is off by ${error}`);
  }

  /** Logits of the last `count` positions of each sequence. */
  function lastRows(logits: tf.Tensor3D, count: number): number[] {
    return logits.arraySync().flatMap((rows) => rows.slice(-count).flat());
  }

  it("continues a run as if it had been one", () => {
    const before = tf.memory().numTensors;
    const whole = model.forward(tokens);
    const past = new KeyValueCache(model);
    model.forward(tokens.slice(0, 3), { pastKvCache: past, returnType: null });
    assert.deepEqual([past.length, past.batchSize], [3, 1]);
    const middle = model.forward(tokens.slice(3, 7), { pastKvCache: past });
    const [last, cache] = model.runWithCache(tokens.slice(7), { pastKvCache: past });
    assert.equal(past.length, 8);
    assert.deepEqual(cache.get("pattern", 0).shape, [1, 4, 1, 8]);
    const rows = whole.arraySync()[0];
    agree(middle.dataSync(), rows.slice(3, 7).flat(), "positions 3 to 6");
    agree(last.dataSync(), rows[7], "position 7");
    tf.dispose([whole, middle, last]);
    cache.dispose();
    past.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });

  it("serves a whole batch from one sequence, and stays as it is while frozen", () => {
    const ends = [
      [1, 2],
      [3, 4],
      [5, 6],
    ];
    const past = new KeyValueCache(model);
    model.forward(tokens, { pastKvCache: past, returnType: null });
    past.freeze();
    const batch = model.forward(ends, { pastKvCache: past });
    assert.deepEqual([past.length, past.batchSize, past.frozen], [8, 1, true]);
    const whole = model.forward(ends.map((end) => [...tokens, ...end]));
    agree(batch.dataSync(), lastRows(whole, 2), "frozen");
    past.unfreeze();
    const added = model.forward(ends, { pastKvCache: past });
    agree(added.dataSync(), batch.dataSync(), "unfrozen");
    assert.deepEqual([past.length, past.batchSize], [10, 3]);
    tf.dispose([batch, whole, added]);
    past.dispose();
    assert.equal(past.length, 0);
  });

  it("remembers padding", () => {
    const starts = [[5, 6, 7], [1]];
    const ends = [[8, 9], [2]];
    for (const side of ["left", "right"] as const) {
      const past = new KeyValueCache(model);
      model.forward(starts, { pastKvCache: past, paddingSide: side, returnType: null });
      const logits = model.forward(ends, { pastKvCache: past, paddingSide: "right" });
      const rows = logits.arraySync();
      starts.forEach((start, row) => {
        const alone = model.forward([...start, ...ends[row]]);
        const own = rows[row].slice(0, ends[row].length).flat();
        agree(own, lastRows(alone, ends[row].length), `sequence ${row}, padded on the ${side}`);
        alone.dispose();
      });
      logits.dispose();
      past.dispose();
    }
  });

  it("serves part of the layers when it is frozen", () => {
    const past = new KeyValueCache(model);
    model.forward(tokens.slice(0, 7), { pastKvCache: past, returnType: null });
    past.freeze();
    const [whole, cache] = model.runWithCache(tokens);
    const residual = tf.slice(cache.get("resid_pre", 2), [0, 7, 0], [1, 1, -1]);
    const last = model.forward(residual, { startAtLayer: 2, pastKvCache: past });
    agree(last.dataSync(), lastRows(whole, 1), "layers 2 and 3");
    tf.dispose([whole, residual, last]);
    cache.dispose();
    past.dispose();
  });

  it("is left as it was when a run fails or is refused", async () => {
    const other = await HookedTransformer.fromPretrained(fixture("nano-sort", "base-model"));
    const past = new KeyValueCache(model);
    model.forward([tokens, tokens], { pastKvCache: past, returnType: null });
    const before = tf.memory().numTensors;
    const fail = () => {
      throw new Error("from a hook");
    };
    const refused: [() => unknown, RegExp][] = [
      [
        () =>
          model.runWithHooks([[1], [2]], { pastKvCache: past, fwdHooks: [[["post", 3], fail]] }),
        /from a hook/,
      ],
      [() => model.forward([[1]], { pastKvCache: past }), /another number of sequences; found 2/],
      [() => other.forward([[1], [2]], { pastKvCache: past }), /of another model/],
      [
        () => model.forward([Array(57).fill(1), Array(57).fill(1)], { pastKvCache: past }),
        /longer than the model's context; found 8 positions in the cache and 57 new, expected at most 64/,
      ],
      [
        () => model.forward([[1], [2]], { pastKvCache: past, stopAtLayer: 2 }),
        /cannot add to a key\/value cache/,
      ],
    ];
    for (const [run, message] of refused) assert.throws(run, message);
    assert.deepEqual([past.length, past.batchSize], [8, 2]);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
    past.dispose();
    other.dispose();
  });
});
