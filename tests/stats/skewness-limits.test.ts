import assert from "node:assert/strict";
import { test } from "node:test";
import { skewnessLimits } from "../../src/stats/skewness-limits";
import { assertClose, expectedCases } from "./expected-values";

test("Hall's cubic, turned around by SciPy's root finder", () => {
  type Case = { t: number; skewness: number; n: number; expected: [number, number] };
  for (const { t, skewness, n, expected } of expectedCases<Case>("skewness-limits")) {
    const { low, high } = skewnessLimits(t, skewness, n);
    const what = `t ${t}, skewness ${skewness}, n ${n}`;
    assertClose(low, expected[0], `${what}: low`, { tolerance: 1e-7 });
    assertClose(high, expected[1], `${what}: high`, { tolerance: 1e-7 });
  }
});

test("symmetric values give symmetric limits, mirrored ones mirrored", () => {
  assert.deepEqual(skewnessLimits(2, 0, 20), { low: -2, high: 2 });
  const [up, down] = [skewnessLimits(2, 0.7, 20), skewnessLimits(2, -0.7, 20)];
  assertClose(up.low, -down.high, "low");
  assertClose(up.high, -down.low, "high");
});
