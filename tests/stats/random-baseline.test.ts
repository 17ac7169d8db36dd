import assert from "node:assert/strict";
import { test } from "node:test";
import { quantile } from "../../src/stats/quantile";
import { randomBaseline } from "../../src/stats/random-baseline";
import { randomCosines } from "../../src/stats/random-cosines";
import { randomStream } from "../../src/stats/random-stream";

const stream = randomStream(11, "test vector");
const vector = Array.from({ length: 128 }, stream.gaussian);

test("1,000 draws with seed 0 unless said otherwise, the same every time", () => {
  const baseline = randomBaseline(vector);
  assert.equal(baseline.n, 1000);
  assert.equal(baseline.seed, 0);
  assert.deepEqual(randomBaseline(vector), baseline);
  assert.notDeepEqual(randomBaseline(vector, { seed: 1 }).mean, baseline.mean);
  assert.notDeepEqual(randomBaseline(vector, { name: "other" }).mean, baseline.mean);
});

test("describes the cosines that it drew", () => {
  const cosines = randomCosines(vector, { n: 50, seed: 4 })!;
  const baseline = randomBaseline(vector, { n: 50, seed: 4 });
  assert.equal(cosines.length, 50);
  assert.equal(baseline.min, Math.min(...cosines));
  assert.equal(baseline.max, Math.max(...cosines));
  assert.equal(baseline.p5, quantile(cosines, 0.05));
  assert.equal(baseline.p95, quantile(cosines, 0.95));
});

test("agrees with the exact law: mean 0, standard deviation 1/√d, within 4 standard errors", () => {
  for (const d of [2, 16, 128]) {
    const n = 4000;
    const exact = 1 / Math.sqrt(d);
    const { mean, std, exact_std } = randomBaseline(vector.slice(0, d), { n, seed: 5 });
    assert.equal(exact_std, exact);
    assert.ok(Math.abs(mean!) < (4 * exact) / Math.sqrt(n), `mean at ${d}`);
    assert.ok(Math.abs(std! - exact) < (4 * exact) / Math.sqrt(2 * n), `std at ${d}`);
  }
});

test("the length of the vector does not matter, only its direction", () => {
  const baseline = randomBaseline(
    vector.map((value) => value * 2 ** -40),
    { n: 20 },
  );
  assert.deepEqual(baseline, randomBaseline(vector, { n: 20 }));
});

test("in one dimension every cosine is ±1", () => {
  const cosines = randomCosines([-3], { n: 100 })!;
  assert.ok(cosines.every((cosine) => Math.abs(cosine) === 1));
  assert.ok(cosines.includes(1) && cosines.includes(-1));
});

test("a zero vector has no cosines", () => {
  assert.equal(randomCosines([0, 0]), null);
  assert.deepEqual(randomBaseline([0, 0, 0, 0]), {
    mean: null,
    std: null,
    p5: null,
    p95: null,
    min: null,
    max: null,
    n: 1000,
    seed: 0,
    exact_std: 0.5,
  });
});

test("refuses a number of draws below 1 and values that are not finite", () => {
  assert.throws(() => randomCosines([1], { n: 0 }), /n is not a number of draws/);
  assert.throws(() => randomCosines([1], { n: 1.5 }), /n is not a number of draws/);
  assert.throws(() => randomBaseline([1], { seed: 0.1 }), /seed/);
  assert.throws(() => randomBaseline([Number.NaN]), /vector\[0\]/);
});
