import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import {
  embeddingRows,
  tokenLogits,
  unembeddingBias,
  unembeddingRows,
  withTerms,
} from "../../src/model/vocabulary";
import { unembeddingTerms } from "../../src/model/weight-processing";
import { randomStream } from "../../src/stats/random-stream";
import { loadEngine } from "../../src/tensors/engine";
import { fixture, relativeToLargest } from "../golden";

const V = 40;
const D = 12;

/** As in a trained GPT-2: what all tokens have in common is larger than what tells them apart. */
const stream = randomStream(3, "vocabulary");
const common = Array.from({ length: D }, () => 2 * stream.gaussian());
const rows = Array.from({ length: V }, () => common.map((mean) => mean + stream.gaussian()));
const norm = {
  w: Float32Array.from({ length: D }, () => 1 + stream.gaussian()),
  b: Float32Array.from({ length: D }, () => stream.gaussian()),
};
/** Its coordinates do not sum to zero, as after a hook on the layer norm. */
const x = Array.from({ length: D }, () => 1 + stream.gaussian());

const single = rows.map((row) => row.map(Math.fround));
const matrix = { data: Float32Array.from(single.flat()), rows: V, columns: D };

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const dot = (a: readonly number[], b: ArrayLike<number>) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/** TransformerLens's fold_layer_norm and center_unembed, one step after the other, in float64. */
function expected(fold: boolean, center: boolean): { W_U: number[][]; b_U: number[] } {
  let W_U = single.map((row) => row.map((value, d) => (fold ? value * norm.w[d] : value)));
  if (fold) W_U = W_U.map((row) => row.map((value) => value - mean(row)));
  let b_U = single.map((row) => (fold ? dot(row, norm.b) : 0));
  if (center) {
    const means = common.map((_, d) => mean(W_U.map((row) => row[d])));
    W_U = W_U.map((row) => row.map((value, d) => value - means[d]));
    b_U = b_U.map((value) => value - mean(b_U));
  }
  return { W_U, b_U };
}

describe("the vocabulary's matrices in one", () => {
  before(() => loadEngine());

  for (const [fold, center] of [
    [true, true],
    [true, false],
    [false, true],
  ]) {
    it(`are W_U, b_U and W_E: foldLn ${fold}, centerUnembed ${center}`, () => {
      const processed = unembeddingTerms(matrix, fold ? norm : null, center);
      const wide = withTerms(matrix, processed);
      const { W_U, b_U } = expected(fold, center);
      tf.tidy(() => {
        const shared = tf.tensor2d(wide.data, [V, wide.columns]);
        const terms = { scale: tf.tensor1d(processed.scale), mean: tf.tensor1d(processed.mean) };
        const unembedding = { rows: shared, terms };
        const agree = (actual: tf.Tensor, numbers: number[], what: string) => {
          const error = relativeToLargest(actual.dataSync(), numbers);
          assert.ok(error < 1e-6, `${what} is off by ${error}`);
        };
        agree(unembeddingRows(unembedding), W_U.flat(), "W_U");
        agree(
          tf.add(unembeddingBias(unembedding), 1),
          b_U.map((bias) => bias + 1),
          "b_U",
        );
        const two = unembeddingBias(unembedding, tf.tensor1d([3, 39], "int32"));
        agree(tf.add(two, 1), [b_U[3] + 1, b_U[39] + 1], "two of b_U");
        const logits = tokenLogits(unembedding, tf.tensor3d([[x]]));
        assert.deepEqual(logits.shape, [1, 1, V]);
        agree(
          logits,
          W_U.map((row, t) => dot(row, x.map(Math.fround)) + b_U[t]),
          "logits",
        );
        const some = tf.tensor2d([[3, 39]], [1, 2], "int32");
        agree(unembeddingRows(unembedding, some), [...W_U[3], ...W_U[39]], "two rows of W_U");
        const embedding = { rows: shared, hasTerms: true, centred: true };
        const W_E = single.map((row) => row.map((value) => value - mean(row)));
        agree(embeddingRows(embedding), W_E.flat(), "W_E");
        agree(embeddingRows(embedding, some), [...W_E[3], ...W_E[39]], "two rows of W_E");
        const plain = embeddingRows({ ...embedding, centred: false }, some);
        assert.deepEqual([...plain.dataSync()], [...single[3], ...single[39]]);
      });
    });
  }

  it("make the logits once, with their bias", async () => {
    const processed = unembeddingTerms(matrix, norm, true);
    const rows = tf.tensor2d(withTerms(matrix, processed).data, [V, D + 3]);
    const terms = { scale: tf.tensor1d(processed.scale), mean: tf.tensor1d(processed.mean) };
    const { kernels } = await tf.profile(() => tokenLogits({ rows, terms }, tf.ones([2, 5, D])));
    const large = kernels.filter(({ outputShapes }) => outputShapes.flat().includes(V));
    assert.deepEqual(
      large.map(({ name }) => name),
      ["BatchMatMul", "Reshape"], // a new shape of the same memory
    );
    tf.dispose([rows, terms.scale, terms.mean]);
  });

  it("are held once in a tied model, processed or not, and twice in an untied one", async () => {
    for (const [name, isTied] of [
      ["plain", true],
      ["untied", false],
    ] as const) {
      for (const load of [
        HookedTransformer.fromPretrained,
        HookedTransformer.fromPretrainedNoProcessing,
      ]) {
        const model = await load(fixture("gpt2-variants", name));
        const { embedding, unembedding } = model.weights;
        assert.equal(embedding.rows === unembedding.rows, isTied, name);
        model.dispose();
      }
    }
  });
});
