import assert from "node:assert/strict";
import { test } from "node:test";
import { correlationInterval } from "../../src/stats/correlation-interval";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's jackknife on Fisher's scale", () => {
  type Case = { estimate: number; without: number[]; low: number; high: number };
  for (const [i, one] of expectedCases<Case>("correlation-interval").entries()) {
    const { estimate, without } = one;
    const interval = correlationInterval({ estimate, leaveOneOut: without })!;
    assertClose(interval.low, one.low, `case ${i}: low`, { tolerance: 1e-6, floor: 1 });
    assertClose(interval.high, one.high, `case ${i}: high`, { tolerance: 1e-6, floor: 1 });
  }
});

test("stays within −1 and 1", () => {
  const leaveOneOut = [0.999, 0.9999, 0.998, 0.9995, 0.99, 0.9991, 0.9993, 0.9994];
  const { low, high } = correlationInterval({ estimate: 0.999, leaveOneOut })!;
  assert.ok(low > -1 && low < 0.999 && high > 0.999 && high < 1);
});

test("none where a correlation is ±1", () => {
  const leaveOneOut = Array<number>(8).fill(0.5);
  assert.equal(correlationInterval({ estimate: 1, leaveOneOut }), null);
  assert.equal(correlationInterval({ estimate: 0.5, leaveOneOut: [...leaveOneOut, -1] }), null);
  assert.equal(correlationInterval({ estimate: 0.5, leaveOneOut }), null);
});
