import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { type VectorStatistics, vectorStatistics } from "../../src/stats/vector-statistics";
import { assertClose, expectedCases } from "./expected-values";

test("a small vector, by hand", () => {
  assert.deepEqual(vectorStatistics([3, 0, -3, 0]), {
    mean: 0,
    std: Math.sqrt(4.5),
    min: -3,
    max: 3,
    l2_norm: Math.sqrt(18),
    sparsity: 0.5,
  });
});

test("one coordinate and all zeros", () => {
  assert.deepEqual(vectorStatistics([-2]), {
    mean: -2,
    std: 0,
    min: -2,
    max: -2,
    l2_norm: 2,
    sparsity: 0,
  });
  assert.deepEqual(vectorStatistics(new Float32Array(3)), {
    mean: 0,
    std: 0,
    min: 0,
    max: 0,
    l2_norm: 0,
    sparsity: 1,
  });
});

test("sparsity counts |w| strictly below 1e-5", () => {
  assert.equal(vectorStatistics([1e-5, -1e-5, 9.99e-6, -9.99e-6]).sparsity, 0.5);
});

test("NumPy's values", () => {
  const cases = expectedCases<{ vector: number[]; expected: VectorStatistics }>(
    "vector-statistics",
  );
  for (const [i, { vector, expected }] of cases.entries()) {
    const actual = vectorStatistics(vector);
    for (const key of Object.keys(expected) as (keyof VectorStatistics)[]) {
      assertClose(actual[key], expected[key], `case ${i} ${key}`);
    }
  }
});

test("an empty vector and a NaN are refused", () => {
  assert.throws(() => vectorStatistics([]), InputError);
  assert.throws(() => vectorStatistics([0, Number.NaN]), /vector\[1\]/);
});
