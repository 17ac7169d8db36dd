import assert from "node:assert/strict";
import { test } from "node:test";
import { drawSummary } from "../../src/stats/draw-summary";

// NumPy: np.mean, np.std, np.percentile([5, 95]), np.min, np.max of [4, 1, 3, 2].
test("summarises draws as NumPy does", () => {
  assert.deepEqual(drawSummary([4, 1, 3, 2]), {
    mean: 2.5,
    std: Math.sqrt(1.25),
    p5: 1.15,
    p95: 3.8499999999999996,
    min: 1,
    max: 4,
  });
});

test("no draws have no summary, and what is not finite is refused", () => {
  const nothing = { mean: null, std: null, p5: null, p95: null, min: null, max: null };
  assert.deepEqual(drawSummary([]), nothing);
  assert.throws(() => drawSummary([1, Number.NaN]), /draws\[1\]/);
});
