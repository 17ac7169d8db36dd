import assert from "node:assert/strict";
import { test } from "node:test";
import { type CoefficientTest, clusteredRegression } from "../../src/stats/clustered-regression";
import { linearRegression } from "../../src/stats/linear-regression";
import { assertClose, expectedCases } from "./expected-values";

test("statsmodels' cluster-robust fit", () => {
  type Case = {
    x: number[];
    y: number[];
    groups: number[];
    slope: CoefficientTest;
    intercept: CoefficientTest;
  };
  for (const [i, { x, y, groups, ...expected }] of expectedCases<Case>(
    "clustered-regression",
  ).entries()) {
    const actual = clusteredRegression(x, y, groups);
    for (const name of ["slope", "intercept"] as const) {
      for (const key of ["estimate", "standard_error", "t", "p_value"] as const) {
        assertClose(actual[name][key], expected[name][key], `case ${i}: ${key} of ${name}`);
      }
      assert.equal(actual[name].degrees_of_freedom, expected[name].degrees_of_freedom);
      assert.equal(actual[name].reason, null);
    }
  }
});

test("copies of the points in their groups change no standard error but by the small-sample factor", () => {
  const [x, y, groups] = [
    [0, 1, 2, 0, 1, 3],
    [0.1, 1, 2.2, -0.1, 0.8, 3.3],
    [0, 0, 0, 1, 1, 1],
  ];
  const once = clusteredRegression(x, y, groups).slope.standard_error!;
  const twice = clusteredRegression([...x, ...x], [...y, ...y], [...groups, ...groups]);
  const factor = (n: number) => Math.sqrt((n - 1) / (n - 2));
  assertClose(twice.slope.standard_error, (once / factor(6)) * factor(12), "standard error");
});

// Standard errors: the same formula in mpmath, 60 digits.
test("offsets cost no digits", () => {
  const x = [0, 1, 2, 0, 1, 3, 1, 2].map((value) => value + 2 ** 20);
  const y = [0, 2, 4, 1, 2, 5, 1, 5].map((value, i) => 2 * x[i]! + value * 2 ** -20);
  const { slope, intercept } = clusteredRegression(x, y, [0, 0, 0, 1, 1, 1, 2, 2]);
  assertClose(slope.standard_error, 3.671458803615658e-7, "standard error of the slope");
  assertClose(intercept.standard_error, 0.3849808231979414, "standard error of the intercept");
});

test("where there is no test, null and the reason; the line itself stays", () => {
  const cases: [number[], number[], number[], RegExp][] = [
    [[0, 1, 2], [0, 1, 3], [7, 7, 7], /fewer than two groups/],
    [[0, 1], [0, 1], [0, 1], /fewer than three points/],
    [[1, 1, 1], [0, 1, 2], [0, 1, 1], /x is constant/],
    [[0, 1, 2], [4, 4, 4], [0, 1, 1], /y is constant/],
    [[0, 1, 2], [0, 2, 4], [0, 1, 2], /goes through every point/],
    [[], [], [], /fewer than two groups/],
  ];
  for (const [x, y, groups, reason] of cases) {
    const { slope, intercept } = clusteredRegression(x, y, groups);
    assert.match(slope.reason!, reason);
    assert.match(intercept.reason!, reason);
    for (const test of [slope, intercept]) {
      assert.deepEqual([test.standard_error, test.t, test.p_value], [null, null, null]);
    }
    // What has no slope has none, whatever scikit-learn's convention is.
    const isConstant = x.length > 0 && x.every((value) => value === x[0]);
    assert.equal(slope.estimate, isConstant ? null : linearRegression(x, y).slope);
  }
});

test("exact up to rounding: of float64, and what is known of it", () => {
  const x = [0, 1, 2, 3, 4, 5];
  const groups = [0, 0, 1, 1, 2, 2];
  // 0.1 · 3 is not 0.3: residuals of 5e-17 gave t = 1e16.
  const y = x.map((value) => 0.1 * value + 1e6);
  assert.match(clusteredRegression(x, y, groups).slope.reason!, /goes through every point/);
  const noisy = y.map((value, i) => value + 1e-4 * (i % 2));
  assert.equal(clusteredRegression(x, noisy, groups).slope.reason, null);
  const rounded = clusteredRegression(x, noisy, groups, { y: 1e-4 });
  assert.match(rounded.slope.reason!, /goes through every point/);
  assert.equal(rounded.slope.p_value, null);
});

test("refuses labels that are too few", () => {
  assert.throws(() => clusteredRegression([1, 2], [1, 2], [0]), /one label for each point/);
});
