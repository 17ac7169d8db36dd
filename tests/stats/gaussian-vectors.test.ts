import assert from "node:assert/strict";
import { test } from "node:test";
import { engineSums } from "../../src/experiments/linear-weights/engine-sums";
import { cosineSimilarity } from "../../src/stats/cosine-similarity";
import { cosineTTest } from "../../src/stats/cosine-t-test";
import { type GaussianVectorsOptions, gaussianVectors } from "../../src/stats/gaussian-vectors";
import { quantile } from "../../src/stats/quantile";
import { randomStream } from "../../src/stats/random-stream";
import { vectorStatistics } from "../../src/stats/vector-statistics";
import { loadEngine } from "../../src/tensors/engine";
import { expectedCases } from "./expected-values";

/** The vector's cosines with what is drawn. */
function gaussianCosines(
  vector: readonly number[],
  rows: readonly number[][],
  options: GaussianVectorsOptions = {},
): number[] | null {
  return gaussianVectors(rows, options)?.map((drawn) => cosineSimilarity(vector, drawn)!) ?? null;
}

test("NumPy's multivariate normal, singular covariances too", () => {
  type Case = {
    vector: number[];
    rows: number[][];
    std: number;
    probabilities: number[];
    quantiles: number[];
  };
  for (const expected of expectedCases<Case>("gaussian-vectors")) {
    const { vector, rows, probabilities, quantiles, std } = expected;
    const drawn = gaussianCosines(vector, rows, { n: 20_000 })!;
    assert.ok(Math.abs(vectorStatistics(drawn).std - std) < 0.02 * std);
    probabilities.forEach((probability, i) => {
      const found = quantile(drawn, probability)!;
      assert.ok(Math.abs(found - quantiles[i]) < 0.05, `${probability}: ${found}`);
    });
  }
});

test("an isotropic covariance gives the exact law of random directions", () => {
  const rows = [0, 1, 2, 3].flatMap((axis) =>
    [1, -1].map((sign) => [0, 1, 2, 3].map((j) => (j === axis ? sign : 0))),
  );
  const drawn = gaussianCosines([1, 2, 3, 4], rows, { n: 4000 })!;
  const rejected = drawn.filter((cosine) => cosineTTest(cosine, 4).p_value! < 0.1).length;
  assert.ok(Math.abs(rejected / 4000 - 0.1) < 4 * Math.sqrt((0.1 * 0.9) / 4000));
});

test("rows on one line give ±1 or 0; one dimension ±1", () => {
  const onX = gaussianCosines(
    [1, 0],
    [
      [1, 0],
      [2, 0],
      [-7, 0],
    ],
    { n: 50 },
  )!;
  assert.deepEqual(new Set(onX), new Set([1, -1]));
  assert.deepEqual(new Set(gaussianCosines([2], [[1], [3]], { n: 50 })), new Set([1, -1]));
});

test("the tensor engine's product gives the same cosines, to float32", async () => {
  await loadEngine();
  const stream = randomStream(2, "rows");
  const random = () => Array.from({ length: 7 }, () => stream.gaussian());
  const rows = Array.from({ length: 30 }, random);
  const vector = random();
  const plain = gaussianCosines(vector, rows, { n: 100 })!;
  gaussianCosines(vector, rows, { n: 100, sums: engineSums })!.forEach((cosine, i) => {
    assert.ok(Math.abs(cosine - plain[i]) < 1e-5);
  });
});

test("null without a covariance", () => {
  assert.equal(
    gaussianCosines(
      [1, 2],
      [
        [0.1, 0.2],
        [0.1, 0.2],
        [0.1, 0.2],
      ],
    ),
    null,
  );
  assert.equal(gaussianCosines([1, 2], []), null);
});

test("the seed and the name decide", () => {
  const rows = [
    [1, 0, 2],
    [0, 1, 1],
    [3, 3, -1],
  ];
  const first = gaussianCosines([1, 2, 3], rows, { n: 5, seed: 1 });
  assert.deepEqual(gaussianCosines([1, 2, 3], rows, { n: 5, seed: 1 }), first);
  assert.notDeepEqual(gaussianCosines([1, 2, 3], rows, { n: 5, seed: 2 }), first);
  assert.notDeepEqual(gaussianCosines([1, 2, 3], rows, { n: 5, seed: 1, name: "x" }), first);
});

test("refuses rows of another length and values that are not finite", () => {
  assert.throws(() => gaussianVectors([[1], [1, 2]]), /rows\[1\] has another length/);
  assert.throws(() => gaussianCosines([1], [[Number.NaN]]), /rows\[0\]\[0\]/);
  assert.throws(() => gaussianCosines([1], [[1]], { n: 0.5 }), /n is not a number of draws/);
});
