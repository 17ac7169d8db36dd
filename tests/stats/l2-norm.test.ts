import assert from "node:assert/strict";
import { test } from "node:test";
import { l2Norm } from "../../src/stats/l2-norm";

test("lengths known in closed form", () => {
  assert.equal(l2Norm([3, 4]), 5);
  assert.equal(l2Norm([]), 0);
  assert.equal(l2Norm([0, 0]), 0);
  assert.equal(l2Norm([-2]), 2);
});

test("neither overflows nor vanishes", () => {
  assert.ok(Math.abs(l2Norm([3e200, 4e200]) / 5e200 - 1) < 1e-15);
  assert.ok(Math.abs(l2Norm([3e-200, 4e-200]) / 5e-200 - 1) < 1e-15);
});
