import assert from "node:assert/strict";
import { test } from "node:test";
import { binaryScale } from "../../src/stats/binary-scale";

test("a power of two that brings the largest magnitude to between 1 and 2", () => {
  assert.equal(binaryScale([1, -5, 2]), 4);
  assert.equal(binaryScale([0.3]), 0.25);
  assert.equal(binaryScale([8]), 8);
});

test("zero, the smallest and the largest number", () => {
  assert.equal(binaryScale([0, -0]), 0);
  assert.equal(binaryScale([]), 0);
  assert.equal(binaryScale([Number.MIN_VALUE]), Number.MIN_VALUE);
  assert.equal(binaryScale([Number.MAX_VALUE]), 2 ** 1023);
});
