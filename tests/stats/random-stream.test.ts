import assert from "node:assert/strict";
import { test } from "node:test";
import { mean, standardDeviation } from "simple-statistics";
import { pearsonCorrelation } from "../../src/stats/pearson-correlation";
import { randomStream } from "../../src/stats/random-stream";

const draws = (n: number, draw: () => number) => Array.from({ length: n }, draw);

test("the same seed and name give the same numbers", () => {
  const first = randomStream(7, "a");
  const second = randomStream(7, "a");
  assert.deepEqual(draws(20, first.gaussian), draws(20, second.gaussian));
  assert.deepEqual(first.shuffle([1, 2, 3, 4, 5]), second.shuffle([1, 2, 3, 4, 5]));
});

test("pinned numbers: a change here changes every published result", () => {
  const stream = randomStream(0, "pinned");
  assert.deepEqual(
    [stream.uniform(), stream.gaussian(), stream.gaussian(), stream.integer(1, 1000)],
    [0.19045405828939743, -0.011959757942826964, -0.8889237703905736, 254],
  );
  assert.deepEqual(
    randomStream(0, "pinned").shuffle([0, 1, 2, 3, 4, 5, 6, 7]),
    [7, 5, 4, 1, 0, 6, 2, 3],
  );
});

test("streams of other names or seeds are unrelated", () => {
  const a = draws(5000, randomStream(1, "a").gaussian);
  for (const other of [randomStream(1, "b"), randomStream(2, "a"), randomStream(-1, "a")]) {
    const correlation = pearsonCorrelation(a, draws(5000, other.gaussian))!;
    assert.ok(Math.abs(correlation) < 4 / Math.sqrt(5000), `${other.seed} ${other.name}`);
  }
});

// Each tolerance is four standard errors of the statistic.
test("uniform numbers fill [0, 1) evenly", () => {
  const n = 100_000;
  const values = draws(n, randomStream(3, "uniform").uniform);
  assert.ok(values.every((value) => value >= 0 && value < 1));
  assert.ok(Math.abs(mean(values) - 0.5) < 4 * Math.sqrt(1 / 12 / n));
  assert.ok(Math.abs(values.filter((value) => value < 0.1).length / n - 0.1) < 4 * 0.3 * n ** -0.5);
});

test("Gaussians have mean 0, standard deviation 1, and the normal's tails", () => {
  const n = 100_000;
  const values = draws(n, randomStream(3, "gaussian").gaussian);
  assert.ok(Math.abs(mean(values)) < 4 / Math.sqrt(n));
  assert.ok(Math.abs(standardDeviation(values) - 1) < 4 / Math.sqrt(2 * n));
  const beyond = values.filter((value) => Math.abs(value) > 1.959963984540054).length / n;
  assert.ok(Math.abs(beyond - 0.05) < 4 * Math.sqrt((0.05 * 0.95) / n));
});

test("integers include both ends", () => {
  const stream = randomStream(0, "integer");
  const counts = [0, 0, 0];
  for (let i = 0; i < 3000; i++) counts[stream.integer(0, 2)]!++;
  assert.ok(counts.every((count) => Math.abs(count - 1000) < 4 * Math.sqrt(3000 * (2 / 9))));
  assert.equal(stream.integer(5, 5), 5);
});

test("a shuffle is a permutation, uniform over orders, and a copy", () => {
  const stream = randomStream(0, "shuffle");
  const items = ["a", "b", "c"];
  const seen = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = stream.shuffle(items).join("");
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  assert.equal(seen.size, 6);
  for (const count of seen.values()) {
    assert.ok(Math.abs(count - 1000) < 4 * Math.sqrt(6000 * (5 / 36)));
  }
  assert.deepEqual(items, ["a", "b", "c"]);
  assert.deepEqual(stream.shuffle([]), []);
});

test("refuses seeds and ranges that are not whole numbers", () => {
  assert.throws(() => randomStream(0.5, "x"), /seed is not a whole number; found 0.5/);
  assert.throws(() => randomStream(Number.NaN, "x"), /seed/);
  assert.throws(() => randomStream(0, "x").integer(2, 1), /from 2 to 1/);
  assert.throws(() => randomStream(0, "x").integer(0, 0.5), /range/);
});
