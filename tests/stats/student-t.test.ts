import assert from "node:assert/strict";
import { test } from "node:test";
import { studentTPValue } from "../../src/stats/student-t";
import { assertClose, expectedCases } from "./expected-values";

test("SciPy's tail, far out too", () => {
  type Case = { t: number; degrees_of_freedom: number; p_value: number };
  for (const { t, degrees_of_freedom, p_value } of expectedCases<Case>("student-t")) {
    const what = `t ${t}, ${degrees_of_freedom} degrees`;
    assertClose(studentTPValue(t, degrees_of_freedom), p_value, what, { floor: 1e-300 });
  }
});

test("one degree of freedom in closed form: Cauchy", () => {
  assertClose(studentTPValue(1, 1), 0.5, "p");
});

test("no statistic, no degree of freedom, not finite", () => {
  assert.equal(studentTPValue(null, 3), null);
  assert.throws(() => studentTPValue(1, 0), /no degrees of freedom/);
  assert.throws(() => studentTPValue(Number.NaN, 3), /t\[0\]/);
});
