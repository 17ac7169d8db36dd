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
