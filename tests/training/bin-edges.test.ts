import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { balancedClassWeights, binEdges, binOf } from "../../src/training/bin-edges";

test("quantile bins hold equally many values, equal-width bins are equally wide", () => {
  const values = [9, 0, 1, 4, 2, 100, 3, 7];
  // numpy.quantile(values, [0, 1/4, 1/2, 3/4, 1])
  assert.deepEqual(binEdges(values, { bins: 4, binning: "quantile" }), [0, 1.75, 3.5, 7.5, 100]);
  assert.deepEqual(binEdges(values, { bins: 4, binning: "width" }), [0, 25, 50, 75, 100]);
});

test("a value belongs to the bin whose lower edge it reaches; values outside to the outer bins", () => {
  const edges = [0, 1, 2, 4];
  const bins = [-5, 0, 0.99, 1, 3, 4, 9].map((value) => binOf(value, edges));
  assert.deepEqual(bins, [0, 0, 0, 1, 2, 2, 2]);
});

test("balanced weights make every class count the same", () => {
  // scikit-learn: compute_class_weight("balanced") gives n / (classes · count)
  assert.deepEqual(balancedClassWeights([0, 0, 0, 1], 2), [4 / 6, 2]);
});

test("too few different values for the bins, and numbers that are none, are refused", () => {
  const binning = "quantile";
  assert.throws(() => binEdges([1, 1, 1, 1, 2], { bins: 4, binning }), /found 1 bins, expected 4/);
  assert.throws(() => binEdges([1, 2], { bins: 1, binning }), InputError);
  assert.throws(() => binEdges([1, 2], { bins: 2.5, binning }), InputError);
});
