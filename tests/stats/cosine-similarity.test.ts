import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineSimilarity } from "../../src/stats/cosine-similarity";
import { assertClose, expectedCases } from "./expected-values";

test("parallel, opposite, orthogonal", () => {
  assert.equal(cosineSimilarity([1, 2, 3], [2, 4, 6]), 1);
  assert.equal(cosineSimilarity([1, 2, 3], [-1, -2, -3]), -1);
  assert.equal(cosineSimilarity([1, 0], [0, 5]), 0);
  assert.equal(cosineSimilarity([2], [-7]), -1);
});

test("a zero vector has no direction", () => {
  assert.equal(cosineSimilarity([0, 0], [1, 1]), null);
  assert.equal(cosineSimilarity([1, 1], [0, 0]), null);
  assert.equal(cosineSimilarity([], []), null);
});

test("scale does not matter, however large or small", () => {
  const expected = cosineSimilarity([1, 2], [3, -1]);
  assertClose(cosineSimilarity([1e200, 2e200], [3e-200, -1e-200]), expected, "cosine");
});

test("never outside [-1, 1]", () => {
  for (let d = 1; d < 60; d++) {
    const v = Array.from({ length: d }, (_, i) => Math.sin(i + 1) * 0.1);
    const c = cosineSimilarity(v, v)!;
    assert.ok(c <= 1 && c > 1 - 1e-15);
  }
});

test("scikit-learn's values", () => {
  type Case = { first: number[]; second: number[]; expected: number };
  for (const [i, c] of expectedCases<Case>("cosine-similarity").entries()) {
    assertClose(cosineSimilarity(c.first, c.second), c.expected, `case ${i}`);
  }
});

test("refuses lengths that differ and values that are not finite", () => {
  assert.throws(() => cosineSimilarity([1], [1, 2]), /same length/);
  assert.throws(() => cosineSimilarity([1, 2], [1, Number.NaN]), /second\[1\]/);
});
