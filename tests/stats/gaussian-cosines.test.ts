import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineTTest } from "../../src/stats/cosine-t-test";
import { gaussianCosines } from "../../src/stats/gaussian-cosines";
import { quantile } from "../../src/stats/quantile";
import { vectorStatistics } from "../../src/stats/vector-statistics";
import { expectedCases } from "./expected-values";

test("NumPy's multivariate normal, singular covariances too", () => {
  type Case = {
    vector: number[];
    rows: number[][];
    std: number;
    probabilities: number[];
    quantiles: number[];
  };
  for (const expected of expectedCases<Case>("gaussian-cosines")) {
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

test("null without a direction or a covariance", () => {
  assert.equal(
    gaussianCosines(
      [0, 0],
      [
        [1, 0],
        [0, 1],
      ],
    ),
    null,
  );
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
  assert.throws(() => gaussianCosines([1, 2], [[1]]), /rows\[0\] has another length/);
  assert.throws(() => gaussianCosines([1], [[Number.NaN]]), /rows\[0\]\[0\]/);
  assert.throws(() => gaussianCosines([1], [[1]], { n: 0.5 }), /n is not a number of draws/);
});
