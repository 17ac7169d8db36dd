import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineSimilarity } from "../../src/stats/cosine-similarity";
import { quantile } from "../../src/stats/quantile";
import { shuffledCosines } from "../../src/stats/shuffled-cosines";
import { vectorStatistics } from "../../src/stats/vector-statistics";
import { assertClose, expectedCases } from "./expected-values";

const n = 20_000;

test("the law over all orders, within 5 standard errors", () => {
  type Case = { vector: number[]; other: number[]; mean: number; std: number; quantiles: number[] };
  for (const { vector, other, mean, std, quantiles } of expectedCases<Case>("shuffled-cosines")) {
    const drawn = shuffledCosines(vector, other, { n })!;
    const found = vectorStatistics(drawn);
    assert.ok(Math.abs(found.mean - mean) < (5 * std) / Math.sqrt(n), `mean ${found.mean}`);
    assert.ok(Math.abs(found.std - std) < (5 * std) / Math.sqrt(n), `std ${found.std}`);
    if (vector.length < 7) continue;
    [0.05, 0.25, 0.5, 0.75, 0.95].forEach((probability, i) => {
      assert.ok(Math.abs(quantile(drawn, probability)! - quantiles[i]) < 0.05, `${probability}`);
    });
  }
});

test("every draw is the cosine of some order", () => {
  const orders = [
    [1, 2, 4],
    [1, 4, 2],
    [2, 1, 4],
    [2, 4, 1],
    [4, 1, 2],
    [4, 2, 1],
  ];
  const possible = new Set(orders.map((order) => cosineSimilarity(order, [3, 0, -1])));
  const drawn = new Set(shuffledCosines([1, 2, 4], [3, 0, -1], { n: 200 }));
  assert.deepEqual(drawn, possible);
});

test("equal coordinates and one coordinate cannot be shuffled into anything else", () => {
  for (const cosine of shuffledCosines([2, 2], [1, 1], { n: 5 })!) assertClose(cosine, 1, "equal");
  assert.deepEqual(shuffledCosines([-3], [2], { n: 2 }), [-1, -1]);
});

test("a vector of zeros has no cosine; the seed and the name decide", () => {
  assert.equal(shuffledCosines([0, 0], [1, 2]), null);
  assert.equal(shuffledCosines([1, 2], [0, 0]), null);
  const [a, b] = [
    [1, 2, 3, 4, 5],
    [2, -1, 0, 1, 1],
  ];
  const first = shuffledCosines(a, b, { n: 9, seed: 1 });
  assert.deepEqual(shuffledCosines(a, b, { n: 9, seed: 1 }), first);
  assert.notDeepEqual(shuffledCosines(a, b, { n: 9, seed: 2 }), first);
  assert.notDeepEqual(shuffledCosines(a, b, { n: 9, seed: 1, name: "other" }), first);
});

test("refuses lengths that differ and numbers of draws that are none", () => {
  assert.throws(() => shuffledCosines([1], [1, 2]), /same length/);
  assert.throws(() => shuffledCosines([1], [1], { n: 0 }), /n is not a number of draws/);
});
