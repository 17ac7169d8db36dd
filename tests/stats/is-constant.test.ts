import assert from "node:assert/strict";
import { test } from "node:test";
import { isConstant } from "../../src/stats/is-constant";

test("equal numbers, also up to rounding, are constant", () => {
  assert.ok(isConstant([]));
  assert.ok(isConstant([3]));
  assert.ok(isConstant([0, 0, -0]));
  assert.ok(isConstant([0.3, 0.1 + 0.2]));
  assert.ok(isConstant([-1e30, -1e30]));
});

test("small differences that are not rounding count", () => {
  assert.ok(!isConstant([0, 1e-30]));
  assert.ok(!isConstant([1, 1 + 1e-14]));
  assert.ok(!isConstant([-1, 1]));
});

test("what is known of the rounding, of all or of each value", () => {
  assert.ok(isConstant([5, 5.0001], 1e-4));
  assert.ok(!isConstant([5, 5.001], 1e-4));
  // One number within the rounding of each: 5.05 of the second and third, and all of the first.
  assert.ok(isConstant([0, 5, 5.1], [100, 0.05, 0.06]));
  assert.ok(!isConstant([0, 5, 5.1], [100, 0.04, 0.05]));
});
