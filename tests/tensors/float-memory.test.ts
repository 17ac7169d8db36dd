import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type Engine, loadEngine } from "../../src/tensors/engine";
import { FloatMemory } from "../../src/tensors/float-memory";

describe("memory of tensors", () => {
  let engine: Engine;
  before(async () => {
    engine = await loadEngine();
  });

  it("gives arrays that do not overlap, of any sizes, more than were expected too", () => {
    for (const expected of [0, 10, 100_000]) {
      const memory = new FloatMemory(expected);
      const arrays = [1, 0, 7, 16, 17, 4000, 3, 200_000, 5].map((count) => memory.floats(count));
      assert.deepEqual(
        arrays.map(({ length }) => length),
        [1, 0, 7, 16, 17, 4000, 3, 200_000, 5],
      );
      for (const [i, array] of arrays.entries()) array.fill(i + 1);
      for (const [i, array] of arrays.entries()) assert.ok(array.every((value) => value === i + 1));
    }
  });

  it("is used by the native engine as it is, where glibc gives it", async (t) => {
    if (engine.name !== "tensorflow" || !("glibcVersionRuntime" in reportHeader())) {
      return t.skip("needs native TensorFlow and glibc");
    }
    const count = 2 ** 24; // more than glibc ever takes from its heap
    const memory = new FloatMemory(count + 100);
    const [large, small] = [memory.floats(count), memory.floats(100)];
    const tensors = [tf.tensor1d(large), tf.tensor1d(small)];
    const third = (tensor: tf.Tensor) => tf.tidy(() => tf.slice(tensor, 2, 1).dataSync()[0]);
    for (const [i, array] of [large, small].entries()) {
      assert.equal(third(tensors[i]), 0);
      // Only memory that is shared shows it; nobody else may write there.
      array[2] = 5;
      assert.equal(third(tensors[i]), 5);
    }
    tf.dispose(tensors);
  });
});

function reportHeader(): object {
  return (process.report.getReport() as unknown as { header: object }).header;
}
