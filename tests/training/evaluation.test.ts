import assert from "node:assert/strict";
import { test } from "node:test";
import { classMetrics, regressionMetrics } from "../../src/training/evaluation";

test("regression metrics of a small case, worked out by hand", () => {
  const { correlation, ...metrics } = regressionMetrics([1, 2, 3, 4], [2, 4, 6, 8]);
  assert.ok(Math.abs(correlation! - 1) < 1e-12);
  // Errors 1, 2, 3, 4; variance of the targets 5; targets = 2 · predictions.
  assert.deepEqual(metrics, {
    n: 4,
    mse: 7.5,
    mae: 2.5,
    r2: 1 - 7.5 / 5,
    calibration: { slope: 2, intercept: 0 },
  });
});

test("constants have no correlation and, as targets, no R²", () => {
  assert.equal(regressionMetrics([1, 1, 1], [1, 2, 3]).correlation, null);
  assert.equal(regressionMetrics([1, 2, 3], [5, 5, 5]).r2, null);
});

test("class metrics of a small case, worked out by hand", () => {
  const metrics = classMetrics(
    [
      [0.8, 0.1, 0.1],
      [0.8, 0.1, 0.1],
      [0.25, 0.5, 0.25],
      [0.1, 0.1, 0.8],
    ],
    [0, 1, 1, 0],
  );
  assert.equal(metrics.accuracy, 0.5);
  assert.equal(metrics.accuracy_within_one, 0.75);
  const entropy = -(Math.log(0.8) + Math.log(0.1) + Math.log(0.5) + Math.log(0.1)) / 4;
  assert.ok(Math.abs(metrics.cross_entropy - entropy) < 1e-12);
  // At confidence 0.8 one of three is right: |2.4 − 1|; at 0.5 one of one: |0.5 − 1|; over four texts.
  assert.ok(Math.abs(metrics.expected_calibration_error - (1.4 + 0.5) / 4) < 1e-12);
});
