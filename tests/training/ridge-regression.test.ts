import assert from "node:assert/strict";
import { before, test } from "node:test";
import { InputError } from "../../src/errors";
import { loadEngine } from "../../src/tensors/engine";
import { ridgeRegression } from "../../src/training/ridge-regression";

before(() => loadEngine());

/** 40 × 3 features of different means and sizes, and targets that are nearly linear in them. */
const n = 40;
const data = Float32Array.from({ length: n * 3 }, (_, at) => {
  const [i, j] = [Math.floor(at / 3), at % 3];
  return Math.sin((i + 1) * (j + 1) * 0.7) * (j + 1) + 10 * j;
});
const features = { data, columns: 3, rows: Array.from({ length: n }, (_, row) => row) };
const targets = Float64Array.from(
  features.rows,
  (i) => 2 * data[i * 3] - 0.5 * data[i * 3 + 2] + Math.cos(3 * i),
);
const foldOf = Int32Array.from(features.rows, (row) => row % 4);

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${actual[i]} is not ${value}`);
  });
}

test("weights and intercept are scikit-learn's to 1e-12", () => {
  // Ridge(alpha=penalty * n).fit(StandardScaler().fit_transform(X), y), scikit-learn 1.9.1, then
  // divided by the standard deviations.
  const expected: [penalty: number, weights: number[], intercept: number][] = [
    [0.01, [1.9901277583535284, 0.009002123053229958, -0.4790301872374383], -0.5071393741449643],
    [1, [1.006385961256842, 0.004441434556016573, -0.24253503400986537], -5.137078204225193],
  ];
  for (const [penalty, weights, intercept] of expected) {
    const fit = ridgeRegression(features, targets, { foldOf, penalties: [penalty] });
    near(fit.weights, weights, 1e-12);
    near([fit.intercept], [intercept], 1e-11);
  }
});

test("the penalty with the lowest held-out error is chosen", () => {
  const penalties = [0.001, 0.01, 0.1, 1];
  const fit = ridgeRegression(features, targets, { foldOf, penalties });
  assert.equal(fit.penalty, 0.01);
  assert.deepEqual(
    fit.crossValidation.map(({ penalty }) => penalty),
    [0.001, 0.01, 0.1],
  );
  // numpy, with the same folds, standardised and centred once over all rows.
  const errors = [0.6592363544150246, 0.6574290270858374, 0.6640328649265722];
  near(
    fit.crossValidation.map(({ mse }) => mse),
    errors,
    1e-5,
  );
});

test("the search goes on to the best penalty, up or down", () => {
  const all = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];
  for (const penalties of [all, all.slice(0, 5), all.slice(2), all.slice(3), [0.01]]) {
    assert.equal(ridgeRegression(features, targets, { foldOf, penalties }).penalty, 0.01);
  }
});

test("only the chosen rows count", () => {
  const longer = new Float32Array(data.length + 3).fill(1e6);
  longer.set(data, 3);
  const shifted = { data: longer, columns: 3, rows: features.rows.map((row) => row + 1) };
  const fit = ridgeRegression(shifted, targets, { foldOf, penalties: [0.01] });
  near(fit.weights, [1.9901277583535284, 0.009002123053229958, -0.4790301872374383], 1e-12);
});

test("a feature that never changes, or repeats another, does no harm", () => {
  const wide = Float32Array.from({ length: n * 3 }, (_, at) => {
    const row = Math.floor(at / 3);
    return at % 3 === 2 ? 7 : data[row * 3];
  });
  const fit = ridgeRegression({ ...features, data: wide }, targets, { foldOf });
  assert.ok(fit.weights.every(Number.isFinite));
  assert.equal(fit.weights[2], 0);
  near([fit.weights[0]], [fit.weights[1]], 1e-9);
});

test("no folds or no usable penalty are refused", () => {
  const oneFold = new Int32Array(n);
  assert.throws(() => ridgeRegression(features, targets, { foldOf: oneFold }), InputError);
  for (const penalties of [[], [Number.NaN], [-10]]) {
    assert.throws(() => ridgeRegression(features, targets, { foldOf, penalties }), InputError);
  }
});
