import assert from "node:assert/strict";
import { test } from "node:test";
import { pearsonCorrelation } from "../../src/stats/pearson-correlation";
import { assertClose, expectedCases } from "./expected-values";

test("perfect lines", () => {
  assertClose(pearsonCorrelation([1, 2, 3], [10, 20, 30]), 1, "rising", { tolerance: 1e-15 });
  assertClose(pearsonCorrelation([1, 2, 3], [5, 3, 1]), -1, "falling", { tolerance: 1e-15 });
  assert.equal(pearsonCorrelation([-1, 0, 1], [1, 0, 1]), 0);
});

test("null where no correlation exists", () => {
  assert.equal(pearsonCorrelation([], []), null);
  assert.equal(pearsonCorrelation([1], [2]), null);
  assert.equal(pearsonCorrelation([1, 2, 3], [4, 4, 4]), null);
  assert.equal(pearsonCorrelation([0.1, 0.1, 0.1], [1, 2, 3]), null);
  assert.equal(pearsonCorrelation([0.3, 0.1 + 0.2], [1, 2]), null);
});

test("SciPy's values", () => {
  type Case = { x: number[]; y: number[]; expected: number };
  for (const [i, c] of expectedCases<Case>("pearson-correlation").entries()) {
    assertClose(pearsonCorrelation(c.x, c.y), c.expected, `case ${i}`);
  }
});

test("refuses lengths that differ and values that are not finite", () => {
  assert.throws(() => pearsonCorrelation([1], [1, 2]), /x and y must have the same length/);
  assert.throws(() => pearsonCorrelation([Number.POSITIVE_INFINITY, 1], [1, 2]), /x\[0\]/);
});

test("null where a list is constant up to a known rounding", () => {
  const [x, y] = [
    [0, 1, 2],
    [5, 5.00001, 4.99999],
  ];
  assert.equal(pearsonCorrelation(x, y, { y: 1e-5 }), null);
  assert.equal(pearsonCorrelation(y, x, { x: [1e-5, 1e-5, 1e-5] }), null);
  assert.notEqual(pearsonCorrelation(x, y), null);
});
