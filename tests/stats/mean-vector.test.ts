import assert from "node:assert/strict";
import { test } from "node:test";
import { meanVector } from "../../src/stats/mean-vector";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's values", () => {
  type Case = {
    rows: number[][];
    mean: number[];
    std: number[];
    mean_norm: number;
    norms: number[];
    coherence: number;
  };
  for (const [i, { rows, ...expected }] of expectedCases<Case>("mean-vector").entries()) {
    const actual = meanVector(rows);
    expected.mean.forEach((value, j) => {
      assertClose(actual.mean[j], value, `case ${i} mean`, { floor: 1e-15 });
      // NumPy's own std of equal numbers is rounding: 1e-17 of them.
      assertClose(actual.std[j], expected.std[j], `case ${i} std`, { floor: 1e-6 });
    });
    assertClose(actual.mean_norm, expected.mean_norm, `case ${i} norm of the mean`);
    expected.norms.forEach((norm, k) => {
      assertClose(actual.norms[k], norm, `case ${i} norm`);
    });
    assertClose(actual.coherence, expected.coherence, `case ${i} coherence`);
  }
});

test("opposite vectors and zeros", () => {
  assert.equal(
    meanVector([
      [1, 2],
      [-1, -2],
    ]).coherence,
    0,
  );
  assert.equal(meanVector([[0, 0]]).coherence, null);
});

test("refuses no vectors, and lengths that differ", () => {
  assert.throws(() => meanVector([]), /not vectors of one length/);
  assert.throws(() => meanVector([[1], [1, 2]]), /rows\[1\] has 2 values/);
});
