import assert from "node:assert/strict";
import { test } from "node:test";
import { linearRegression } from "../../src/stats/linear-regression";
import { permutationTest } from "../../src/stats/permutation-test";
import { randomStream } from "../../src/stats/random-stream";
import { expectedCases } from "./expected-values";

test("the exact p-value over all orders, within 4 standard errors", () => {
  type Case = { x: number[]; y: number[]; exact_p_value: number };
  for (const { x, y, exact_p_value: p } of expectedCases<Case>("permutation-test")) {
    const slope = (shuffled: readonly number[]) => linearRegression(x, shuffled).slope;
    const actual = permutationTest(y, slope, { permutations: 4000 });
    assert.equal(actual.estimate, linearRegression(x, y).slope);
    assert.ok(Math.abs(actual.p_value! - p) < 4 * Math.sqrt((p * (1 - p)) / 4000) + 1 / 4000);
  }
});

test("p is never 0, and 1 when every order gives the same", () => {
  const x = Array.from({ length: 30 }, (_, i) => i);
  const slope = (shuffled: readonly number[]) => linearRegression(x, shuffled).slope;
  assert.equal(permutationTest(x, slope, { permutations: 99 }).p_value, 0.01);
  assert.equal(permutationTest([0, 0, 0], () => 0, { permutations: 9 }).p_value, 1);
});

test("the same seed gives the same p", () => {
  const x = Array.from({ length: 8 }, randomStream(1, "x").gaussian);
  const first = (values: readonly number[]) => values[0]!;
  const options = { permutations: 50, seed: 2 };
  assert.deepEqual(permutationTest(x, first, options), permutationTest(x, first, options));
});

test("values are exchanged only within their label", () => {
  const within = ["a", "b", "a", "b", "a"];
  const seen = new Set<string>();
  permutationTest(
    [1, 20, 2, 30, 3],
    (values) => {
      seen.add(values.join());
      return 0;
    },
    { within, permutations: 500 },
  );
  // 3! orders of label a times 2! of label b.
  assert.equal(seen.size, 12);
  for (const order of seen) assert.match(order, /^[123],[23]0,[123],[23]0,[123]$/);
});

test("null where the statistic does not exist", () => {
  assert.equal(permutationTest([1], () => null).p_value, null);
});

test("refuses values that are not finite and options out of range", () => {
  const zero = () => 0;
  assert.throws(() => permutationTest([Number.NaN], zero), /values\[0\]/);
  assert.throws(() => permutationTest([1], () => Number.NaN), /statistic\[0\]/);
  assert.throws(() => permutationTest([1], zero, { permutations: 0 }), /permutations/);
  assert.throws(() => permutationTest([1], zero, { within: [] }), /one label for each value/);
});
