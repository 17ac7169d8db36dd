import assert from "node:assert/strict";
import { test } from "node:test";
import { type LinearRegression, linearRegression } from "../../src/stats/linear-regression";
import { assertClose, expectedCases } from "./expected-values";

test("points on a line", () => {
  assert.deepEqual(linearRegression([0, 1, 2], [1, 3, 5]), {
    slope: 2,
    intercept: 1,
    r_squared: 1,
  });
});

test("fewer than two points give no line", () => {
  const nothing = { slope: null, intercept: null, r_squared: null };
  assert.deepEqual(linearRegression([], []), nothing);
  assert.deepEqual(linearRegression([1], [2]), nothing);
});

test("constant x, constant y and both, as scikit-learn", () => {
  assert.deepEqual(linearRegression([1, 1], [0, 4]), { slope: 0, intercept: 2, r_squared: 0 });
  assert.deepEqual(linearRegression([1, 2], [5, 5]), { slope: 0, intercept: 5, r_squared: 1 });
  assert.deepEqual(linearRegression([1, 1], [5, 5]), { slope: 0, intercept: 5, r_squared: 1 });
  assert.deepEqual(linearRegression([0, 0], [0, 0]), { slope: 0, intercept: 0, r_squared: 1 });
});

test("values that differ by rounding alone give no slope", () => {
  assert.equal(linearRegression([0.3, 0.1 + 0.2], [0, 1]).slope, 0);
});

test("tiny and huge numbers do not turn into NaN", () => {
  const tiny = linearRegression([0, 1e-200, 2e-200], [0, 3e-200, 6e-200]);
  assertClose(tiny.slope, 3, "slope");
  assertClose(tiny.r_squared, 1, "R²");
  assertClose(linearRegression([0, 1e200], [0, 2e200]).slope, 2, "slope");
});

test("scikit-learn's values", () => {
  type Case = { x: number[]; y: number[]; expected: LinearRegression };
  for (const [i, { x, y, expected }] of expectedCases<Case>("linear-regression").entries()) {
    const actual = linearRegression(x, y);
    assertClose(actual.slope, expected.slope, `case ${i} slope`);
    // The intercept is a small difference of large numbers where x is far from 0.
    const floor = Math.max(...x.map(Math.abs)) * Math.abs(expected.slope!);
    assertClose(actual.intercept, expected.intercept, `case ${i} intercept`, { floor });
    assertClose(actual.r_squared, expected.r_squared, `case ${i} R²`);
  }
});

test("refuses lengths that differ and values that are not finite", () => {
  assert.throws(() => linearRegression([1, 2], [1]), /x and y must have the same length/);
  assert.throws(() => linearRegression([1, 2], [1, Number.NaN]), /y\[1\]/);
});

test("x or y constant up to a known rounding, as if it were constant", () => {
  const [x, y] = [
    [0, 1, 2],
    [5, 5.00001, 4.99999],
  ];
  const flat = linearRegression(x, y, { y: 1e-5 });
  assert.deepEqual([flat.slope, flat.r_squared], [0, 1]);
  assertClose(flat.intercept, 5, "intercept");
  assert.notEqual(linearRegression(x, y).slope, 0);
  assert.deepEqual(linearRegression(y, x, { x: 1e-5 }), { slope: 0, intercept: 1, r_squared: 0 });
});
