import assert from "node:assert/strict";
import { test } from "node:test";
import { quantile } from "../../src/stats/quantile";
import { assertClose, expectedCases } from "./expected-values";

test("small lists, by hand", () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1, 2, 3], 0), 1);
  assert.equal(quantile([1, 2, 3], 1), 3);
  assert.equal(quantile([7], 0.3), 7);
  assert.equal(quantile([], 0.5), null);
});

test("sorts by value and leaves the input alone", () => {
  const values = [10, 9, -1];
  assert.equal(quantile(values, 1), 10);
  assert.deepEqual(values, [10, 9, -1]);
});

test("NumPy's values, to the last bit", () => {
  type Case = { values: number[]; probabilities: number[]; expected: number[] };
  for (const [i, c] of expectedCases<Case>("quantile").entries()) {
    for (const [j, probability] of c.probabilities.entries()) {
      assertClose(quantile(c.values, probability), c.expected[j]!, `case ${i}, ${probability}`, {
        tolerance: 1e-15,
      });
    }
  }
});

test("refuses a probability outside [0, 1]", () => {
  for (const bad of [-0.1, 1.1, Number.NaN]) {
    assert.throws(() => quantile([1], bad), /probability is out of range/);
  }
});
