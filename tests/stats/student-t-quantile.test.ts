import assert from "node:assert/strict";
import { test } from "node:test";
import { studentTQuantile } from "../../src/stats/student-t-quantile";
import { assertClose, expectedCases } from "./expected-values";

test("SciPy's quantiles, also of broken degrees of freedom", () => {
  type Case = { confidence: number; degrees_of_freedom: number; expected: number };
  for (const one of expectedCases<Case>("student-t-quantile")) {
    const found = studentTQuantile(one.confidence, one.degrees_of_freedom);
    assertClose(found, one.expected, JSON.stringify(one));
  }
});

test("one degree of freedom in closed form: Cauchy", () => {
  assertClose(studentTQuantile(0.5, 1), 1, "t");
});

test("refuses what is out of range", () => {
  assert.throws(() => studentTQuantile(1, 3), /confidence/);
  assert.throws(() => studentTQuantile(0.95, 0), /no degrees of freedom/);
  assert.throws(() => studentTQuantile(0.95, Number.NaN), /no degrees of freedom/);
});
