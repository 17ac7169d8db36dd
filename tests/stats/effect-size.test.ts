import assert from "node:assert/strict";
import { test } from "node:test";
import { effectSize } from "../../src/stats/effect-size";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's values", () => {
  type Case = { change: number; values: number[]; expected: number };
  for (const { change, values, expected } of expectedCases<Case>("effect-size")) {
    assertClose(effectSize(change, values), expected, "effect size");
  }
});

test("null without a change, or where nothing varies", () => {
  assert.equal(effectSize(null, [1, 2]), null);
  assert.equal(effectSize(1, [3, 3]), null);
  assert.equal(effectSize(1, [3]), null);
  assert.equal(effectSize(1, []), null);
  assert.throws(() => effectSize(1, [Number.NaN]), /values\[0\]/);
});

test("null where values differ by no more than their rounding", () => {
  assert.equal(effectSize(1, [3, 3.001], 0.001), null);
  assert.notEqual(effectSize(1, [3, 3.001]), null);
});
