import assert from "node:assert/strict";
import { test } from "node:test";
import { type OneSample, oneSample } from "../../src/stats/one-sample";
import { assertClose, expectedCases } from "./expected-values";

test("SciPy's t-test and NumPy's spread", () => {
  type Case = { values: number[]; expected: OneSample };
  for (const [i, { values, expected }] of expectedCases<Case>("one-sample").entries()) {
    const actual = oneSample(values);
    for (const key of Object.keys(expected) as (keyof OneSample)[]) {
      assertClose(actual[key], expected[key], `case ${i}: ${key}`, { floor: 1e-300 });
    }
  }
});

test("none, one and equal values", () => {
  const { n, ...rest } = oneSample([]);
  assert.equal(n, 0);
  assert.ok(Object.values(rest).every((value) => value === null));
  const one = oneSample([4]);
  assert.deepEqual([one.mean, one.min, one.median, one.max], [4, 4, 4, 4]);
  assert.deepEqual([one.std, one.standard_error, one.t, one.p_value], [null, null, null, null]);
  const equal = oneSample([0.3, 0.1 + 0.2, 0.3]);
  assert.deepEqual([equal.t, equal.p_value], [null, null]);
});

test("refuses what is not finite", () => {
  assert.throws(() => oneSample([1, Number.NaN]), /values\[1\]/);
});

test("values that differ by no more than their rounding have no test", () => {
  const values = [1, 1.001, 0.999];
  assert.equal(oneSample(values, [0.001, 0.001, 0.001]).p_value, null);
  assert.notEqual(oneSample(values).p_value, null);
});
