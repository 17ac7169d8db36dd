import assert from "node:assert/strict";
import { test } from "node:test";
import { zScore } from "../../src/stats/z-score";

test("standard deviations above the mean", () => {
  assert.equal(zScore(5, { mean: 1, std: 2 }), 2);
  assert.equal(zScore(-1, { mean: 1, std: 0.5 }), -4);
});

test("null where it does not exist", () => {
  assert.equal(zScore(5, { mean: 5, std: 0 }), null);
  assert.equal(zScore(null, { mean: 0, std: 1 }), null);
  assert.equal(zScore(1, { mean: null, std: null }), null);
});

test("refuses numbers that are not finite", () => {
  assert.throws(() => zScore(Number.NaN, { mean: 0, std: 1 }), /value/);
  assert.throws(() => zScore(1, { mean: 0, std: Number.POSITIVE_INFINITY }), /std/);
});
