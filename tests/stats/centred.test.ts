import assert from "node:assert/strict";
import { test } from "node:test";
import { centred } from "../../src/stats/centred";

test("the mean and the differences from it", () => {
  assert.deepEqual(centred([1, 2, 6]), { mean: 3, differences: [-2, -1, 3] });
  assert.deepEqual(centred([4]), { mean: 4, differences: [0] });
});

test("a large common offset costs nothing", () => {
  const { mean } = centred([1e16, 1, -1e16]);
  assert.equal(mean, 1 / 3);
});
