import assert from "node:assert/strict";
import { test } from "node:test";
import { jackknifeInterval } from "../../src/stats/jackknife-interval";
import { ratioInterval } from "../../src/stats/ratio-interval";
import { assertClose, expectedCases } from "./expected-values";

const mean = (values: readonly number[]) => {
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    estimate: sum / values.length,
    leaveOneOut: values.map((value) => (sum - value) / (values.length - 1)),
  };
};

test("of means, without skewness: Fieller's closed form", () => {
  type Case = { numerator: number[]; denominator: number[]; expected: [number, number] | null };
  for (const [i, one] of expectedCases<Case>("ratio-interval").entries()) {
    const interval = ratioInterval(mean(one.numerator), mean(one.denominator), {
      degreesOfFreedom: "units",
      skewness: 0,
    });
    if (one.expected === null) {
      assert.equal(interval, "unbounded");
      continue;
    }
    assert.ok(interval !== null && interval !== "unbounded");
    assertClose(interval.low, one.expected[0], `case ${i}: low`, { tolerance: 1e-8 });
    assertClose(interval.high, one.expected[1], `case ${i}: high`, { tolerance: 1e-8 });
  }
});

const part = mean([1, 2, 3, 2, 1, 4, 2, 3]);
const constant = mean([4, 4, 4, 4, 4, 4, 4, 4]);

test("a denominator that does not scatter is a unit", () => {
  const { low, high } = jackknifeInterval(part)!;
  const interval = ratioInterval(part, constant);
  assert.ok(interval !== null && interval !== "unbounded");
  assertClose(interval.low, low / 4, "low");
  assertClose(interval.high, high / 4, "high");
});

test("a numerator that does not scatter: the reciprocal of the denominator's interval", () => {
  const { low, high } = jackknifeInterval(part)!;
  const interval = ratioInterval(constant, part);
  assert.ok(interval !== null && interval !== "unbounded");
  assertClose(interval.low, 4 / high, "low");
  assertClose(interval.high, 4 / low, "high");
});

test("neither scatters: nothing to judge by", () => {
  assert.equal(ratioInterval(constant, constant), null);
});

test("a negative ratio", () => {
  const negative = {
    estimate: -part.estimate,
    leaveOneOut: part.leaveOneOut.map((value) => -value),
  };
  const [up, down] = [ratioInterval(part, constant), ratioInterval(negative, constant)];
  assert.ok(up !== null && up !== "unbounded" && down !== null && down !== "unbounded");
  assertClose(down.low, -up.high, "low");
});
