import assert from "node:assert/strict";
import { test } from "node:test";
import { histogram } from "../../src/stats/histogram";
import { assertClose, expectedCases } from "./expected-values";

test("shared edges, the last one included", () => {
  assert.deepEqual(histogram([[0, 1, 1], [4]], { bins: 2 }), {
    edges: [0, 2, 4],
    counts: [
      [3, 0],
      [0, 1],
    ],
  });
  assert.deepEqual(histogram([[0, 1, 2]], { bins: 2 }).counts, [[1, 2]]);
});

test("30 bins unless said otherwise", () => {
  assert.equal(histogram([[0, 1]]).counts[0]!.length, 30);
});

test("equal numbers lie in a range around them", () => {
  assert.deepEqual(histogram([[5, 5]], { bins: 1 }), { edges: [4.5, 5.5], counts: [[2]] });
  const large = histogram([[1e300]], { bins: 3 });
  assert.ok(large.edges.every((edge, i) => i === 0 || edge > large.edges[i - 1]!));
  assert.deepEqual(large.counts, [[0, 1, 0]]);
});

test("a range too narrow for the bins still counts every value", () => {
  const { counts } = histogram([[1, 1 + Number.EPSILON]], { bins: 30 });
  assert.equal(
    counts[0]!.reduce((a, b) => a + b, 0),
    2,
  );
});

test("NumPy's edges and counts", () => {
  type Case = { vectors: number[][]; bins: number; edges: number[]; counts: number[][] };
  for (const [i, c] of expectedCases<Case>("histogram").entries()) {
    const { edges, counts } = histogram(c.vectors, { bins: c.bins });
    assert.equal(edges.length, c.edges.length);
    edges.forEach((edge, j) => {
      assertClose(edge, c.edges[j]!, `case ${i} edge ${j}`, { floor: 1 });
    });
    assert.deepEqual(counts, c.counts, `case ${i}`);
  }
});

test("an empty vector beside others has no counts; nothing at all is refused", () => {
  assert.deepEqual(histogram([[], [0, 1]], { bins: 1 }).counts, [[0], [2]]);
  assert.throws(() => histogram([]), /no numbers to count/);
  assert.throws(() => histogram([[1]], { bins: 0 }), /bins/);
  assert.throws(() => histogram([[1], [2, Number.NaN]]), /vectors\[1\]\[1\]/);
  assert.throws(() => histogram([[-1.7e308, 1.7e308]]), /float64/);
});
