import assert from "node:assert/strict";
import { test } from "node:test";
import { cosineTTest } from "../../src/stats/cosine-t-test";
import { randomCosines } from "../../src/stats/random-cosines";
import { assertClose, expectedCases } from "./expected-values";

test("two dimensions, in closed form: the angle is uniform", () => {
  // |cos θ| ≥ ½ for a third of each quarter turn … 60° of 90°.
  assertClose(cosineTTest(0.5, 2).p_value, 2 / 3, "p");
});

test("three dimensions, in closed form: the cosine is uniform", () => {
  assertClose(cosineTTest(-0.25, 3).p_value, 0.75, "p");
});

test("SciPy's t and p, deep into the tail", () => {
  type Case = { cosine: number; dimensions: number; t: number; p_value: number };
  for (const { cosine, dimensions, t, p_value } of expectedCases<Case>("cosine-t-test")) {
    const actual = cosineTTest(cosine, dimensions);
    const what = `c = ${cosine}, d = ${dimensions}`;
    assert.equal(actual.degrees_of_freedom, dimensions - 1);
    assertClose(actual.t, t, `t at ${what}`);
    assertClose(actual.p_value, p_value, `p at ${what}`, { floor: 1e-300 });
  }
});

test("sampled random directions reject as often as they should", () => {
  const vector = Array.from({ length: 10 }, (_, i) => i - 3);
  const cosines = randomCosines(vector, { n: 4000, seed: 1 })!;
  const rejected = cosines.filter((cosine) => cosineTTest(cosine, 10).p_value! < 0.05).length;
  assert.ok(Math.abs(rejected / 4000 - 0.05) < 4 * Math.sqrt((0.05 * 0.95) / 4000));
});

test("the edges", () => {
  assert.deepEqual(cosineTTest(0, 5), { t: 0, degrees_of_freedom: 4, p_value: 1 });
  assert.deepEqual(cosineTTest(1, 5), { t: null, degrees_of_freedom: 4, p_value: 0 });
  assert.deepEqual(cosineTTest(-1, 5), { t: null, degrees_of_freedom: 4, p_value: 0 });
  assert.deepEqual(cosineTTest(1, 1), { t: null, degrees_of_freedom: 0, p_value: null });
  assert.deepEqual(cosineTTest(null, 5), { t: null, degrees_of_freedom: 4, p_value: null });
});

test("refuses cosines and dimensions out of range", () => {
  assert.throws(() => cosineTTest(1.01, 5), /cosine is out of range/);
  assert.throws(() => cosineTTest(Number.NaN, 5), /cosine is out of range/);
  assert.throws(() => cosineTTest(0, 0), /dimensions/);
});
