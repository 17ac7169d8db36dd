import assert from "node:assert/strict";
import { test } from "node:test";
import { type FittedLine, leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { linearRegression } from "../../src/stats/linear-regression";
import { randomStream } from "../../src/stats/random-stream";
import { assertClose, expectedCases } from "./expected-values";

interface Case {
  x: number[];
  y: number[];
  groups: number[];
  whole: FittedLine;
  without: FittedLine[];
  hc3?: number;
}

test("NumPy's fits in extended precision, and statsmodels' HC3 errors", () => {
  for (const [i, one] of expectedCases<Case>("leave-one-out-lines").entries()) {
    const { whole, without } = leaveOneOutLines(one.x, one.y, one.groups);
    const lines = [whole!, ...without.map((line) => line!)];
    [one.whole, ...one.without].forEach((expected, k) => {
      const what = `case ${i}, line ${k}`;
      assertClose(lines[k]!.slope, expected.slope, `${what}: slope`);
      // A small difference of large numbers where x is far from 0.
      const floor = Math.max(...one.x.map(Math.abs));
      assertClose(lines[k]!.intercept, expected.intercept, `${what}: intercept`, { floor });
      assertClose(lines[k]!.correlation, expected.correlation, `${what}: correlation`);
    });
    if (one.hc3 === undefined) continue;
    // HC3 is the jackknife about the estimate: Σ (slope without i − slope)².
    const squares = without.reduce((sum, line) => sum + (line!.slope - whole!.slope) ** 2, 0);
    assertClose(Math.sqrt(squares), one.hc3, `case ${i}: HC3`);
  }
});

test("one group far away: the others keep their digits", () => {
  const stream = randomStream(0, "far");
  const x = Array.from({ length: 30 }, () => 1e-6 * stream.gaussian());
  const y = x.map((value) => 2 * value + 1e-7 * stream.gaussian());
  const { without } = leaveOneOutLines([...x, 1e4], [...y, -3e4]);
  assertClose(without[30]!.slope, linearRegression(x, y).slope, "slope", { tolerance: 1e-8 });
});

test("what does not exist is null", () => {
  assert.deepEqual(leaveOneOutLines([], []), { whole: null, without: [] });
  assert.deepEqual(leaveOneOutLines([1, 2], [1, 2], ["a", "a"]).without, [null]);
  assert.equal(leaveOneOutLines([1, 1], [1, 2]).whole, null);
  assert.equal(leaveOneOutLines([0.3, 0.1 + 0.2], [1, 2]).whole, null);
  assert.equal(leaveOneOutLines([1, 2, 3], [5, 5, 5]).whole!.correlation, null);
  // Without the last point x does not vary.
  assert.deepEqual(
    leaveOneOutLines([1, 1, 2], [1, 2, 3]).without.map((line) => line?.slope ?? null),
    [1, 2, null],
  );
});

test("refuses lengths that differ and values that are not finite", () => {
  assert.throws(() => leaveOneOutLines([1], [1, 2]), /same length/);
  assert.throws(() => leaveOneOutLines([1, 2], [1, 2], ["a"]), /one label/);
  assert.throws(() => leaveOneOutLines([1, Number.NaN], [1, 2]), /x\[1\]/);
});
