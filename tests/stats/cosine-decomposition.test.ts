import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineDecomposition } from "../../src/stats/cosine-decomposition";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's values, and all contributions add up", () => {
  type Case = {
    first: number[];
    second: number[];
    cosine: number;
    top: number[];
    contributions: number[];
    rest: number;
    without_top: number | null;
    effective_coordinates: number;
  };
  for (const [i, expected] of expectedCases<Case>("cosine-decomposition").entries()) {
    const { first, second } = expected;
    const actual = cosineDecomposition(first, second, { top: 3 });
    assertClose(actual.cosine, expected.cosine, `case ${i} cosine`);
    assert.deepEqual(
      actual.top.map(({ coordinate }) => coordinate),
      expected.top,
    );
    actual.top.forEach(({ coordinate, contribution, first: a, second: b }, k) => {
      assertClose(contribution, expected.contributions[k], `case ${i}, coordinate ${coordinate}`);
      assert.deepEqual([a, b], [first[coordinate], second[coordinate]]);
    });
    assertClose(actual.rest, expected.rest, `case ${i} rest`, { floor: 1e-3 });
    assertClose(actual.without_top, expected.without_top, `case ${i} without`, { floor: 1e-3 });
    assertClose(actual.effective_coordinates, expected.effective_coordinates, `case ${i}`);
    const sum = actual.top.reduce((total, { contribution }) => total + contribution, actual.rest!);
    assertClose(sum, actual.cosine, "sum", { floor: 1e-3 });
  }
});

test("equal contributions, one contribution, none", () => {
  assertClose(cosineDecomposition([1, 1, 1], [2, 2, 2]).effective_coordinates, 3, "three");
  assert.equal(cosineDecomposition([0, 5], [1, 1]).effective_coordinates, 1);
  const right = cosineDecomposition([1, 0], [0, 1]);
  assert.equal(right.cosine, 0);
  assert.equal(right.effective_coordinates, null);
});

test("a vector of zeros has nothing to take apart; one dimension leaves nothing", () => {
  const nothing = { cosine: null, top: [], rest: null, without_top: null };
  assert.deepEqual(cosineDecomposition([0], [1]), { ...nothing, effective_coordinates: null });
  const [{ contribution }] = cosineDecomposition([-2], [3]).top;
  assert.equal(contribution, -1);
  assert.equal(cosineDecomposition([-2], [3]).without_top, null);
  assert.equal(cosineDecomposition([-2], [3]).rest, 0);
});

test("refuses what is not a list of numbers and not a count", () => {
  assert.throws(() => cosineDecomposition([1], [1, 2]), /same length/);
  assert.throws(() => cosineDecomposition([1], [1], { top: 0 }), /top is not/);
});
