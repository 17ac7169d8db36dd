import assert from "node:assert/strict";
import { test } from "node:test";
import { mean } from "simple-statistics";
import { bootstrapInterval } from "../../src/stats/bootstrap-interval";
import { linearRegression } from "../../src/stats/linear-regression";
import { randomStream } from "../../src/stats/random-stream";
import { expectedCases } from "./expected-values";

const average = (drawn: readonly number[]) => mean([...drawn]);

test("the exact interval of a mean, from all samples, within 4 standard errors", () => {
  type Case = { values: number[]; confidence: number; low: number[]; high: number[] };
  for (const { values, confidence, low, high } of expectedCases<Case>("bootstrap-interval")) {
    const interval = bootstrapInterval(values, average, { confidence, resamples: 20_000 });
    assert.ok(interval.low! >= low[0]! && interval.low! <= low[1]!, `low ${interval.low}`);
    assert.ok(interval.high! >= high[0]! && interval.high! <= high[1]!, `high ${interval.high}`);
    assert.equal(interval.estimate, mean(values));
    assert.equal(interval.usable, 20_000);
  }
});

test("the same seed gives the same interval", () => {
  const options = { resamples: 100, seed: 3 };
  const interval = bootstrapInterval([1, 2, 4, 8], average, options);
  assert.deepEqual(bootstrapInterval([1, 2, 4, 8], average, options), interval);
  assert.notDeepEqual(
    bootstrapInterval([1, 2, 4, 8], average, { ...options, name: "other" }),
    interval,
  );
});

test("copies of one point in a group add no evidence", () => {
  const stream = randomStream(0, "points");
  const points = Array.from({ length: 12 }, (_, i) => ({ x: i, y: i + 4 * stream.gaussian() }));
  const slope = (drawn: readonly (typeof points)[number][]) =>
    linearRegression(
      drawn.map(({ x }) => x),
      drawn.map(({ y }) => y),
    ).slope;
  const alone = bootstrapInterval(points, slope);
  const fivefold = points.map((point) => Array.from({ length: 5 }, () => point));
  const grouped = bootstrapInterval(fivefold, (drawn) => slope(drawn.flat()));
  assert.ok(Math.abs(grouped.low! - alone.low!) < 1e-9);
  assert.ok(Math.abs(grouped.high! - alone.high!) < 1e-9);
});

test("null where there is no interval", () => {
  const none = bootstrapInterval([], average);
  assert.deepEqual([none.estimate, none.low, none.high], [null, null, null]);
  const one = bootstrapInterval([5], average);
  assert.deepEqual([one.estimate, one.low, one.high], [5, null, null]);
  const never = bootstrapInterval([1, 2], () => null, { resamples: 10 });
  assert.deepEqual([never.estimate, never.low, never.high, never.usable], [null, null, null, 0]);
});

test("a statistic that exists in few resamples has no interval, in most it has", () => {
  // A slope of two points needs two different ones: half of the resamples.
  const slope = (drawn: readonly number[]) => (drawn[0] === drawn[1] ? null : 1);
  const half = bootstrapInterval([0, 1], slope);
  assert.equal(half.low, null);
  assert.ok(half.usable > 900 && half.usable < 1100);
});

test("refuses options out of range", () => {
  assert.throws(() => bootstrapInterval([1, 2], average, { resamples: 0 }), /resamples/);
  assert.throws(() => bootstrapInterval([1, 2], average, { confidence: 1 }), /confidence/);
  assert.throws(() => bootstrapInterval([1, 2], () => Number.NaN), /not a finite number/);
});
