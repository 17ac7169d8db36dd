import assert from "node:assert/strict";
import { test } from "node:test";
import { type EmpiricalNull, empiricalNull } from "../../src/stats/empirical-null";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's summary and count", () => {
  type Case = { observed: number; draws: number[]; expected: EmpiricalNull };
  for (const { observed, draws, expected } of expectedCases<Case>("empirical-null")) {
    const actual = empiricalNull(observed, draws);
    for (const key of Object.keys(expected) as (keyof EmpiricalNull)[]) {
      assertClose(actual[key], expected[key], key);
    }
  }
});

test("without draws, or without an observed value, null", () => {
  const { n, ...others } = empiricalNull(1, null);
  assert.equal(n, 0);
  assert.ok(Object.values(others).every((value) => value === null));
  const nothing = empiricalNull(null, [1, 2]);
  assert.equal(nothing.p_value, null);
  assert.equal(nothing.mean, 1.5);
});

test("a value that rounding alone puts below a draw is a tie", () => {
  assert.equal(empiricalNull(0.3, [0.1 + 0.2]).p_value, 1);
});

test("refuses what is not finite", () => {
  assert.throws(() => empiricalNull(1, [Number.NaN]), /draws\[0\]/);
  assert.throws(() => empiricalNull(Number.NaN, [1]), /observed\[0\]/);
});
