import assert from "node:assert/strict";
import { test } from "node:test";
import { benjaminiHochberg } from "../../src/stats/benjamini-hochberg";
import { holm } from "../../src/stats/holm";
import { assertClose, expectedCases } from "./expected-values";

test("SciPy's Benjamini–Hochberg, and Holm's definition in NumPy", () => {
  type Case = { p_values: number[]; holm: number[]; benjamini_hochberg: number[] };
  for (const [i, c] of expectedCases<Case>("adjusted-p-values").entries()) {
    holm(c.p_values).forEach((p, j) => {
      assertClose(p, c.holm[j]!, `case ${i} Holm ${j}`);
    });
    benjaminiHochberg(c.p_values).forEach((p, j) => {
      assertClose(p, c.benjamini_hochberg[j]!, `case ${i} Benjamini–Hochberg ${j}`);
    });
  }
});

for (const adjust of [holm, benjaminiHochberg]) {
  test(`${adjust.name}: tests that do not exist stay null and do not count`, () => {
    const [first, none, second] = adjust([0.01, null, 0.2]);
    assert.equal(none, null);
    assert.deepEqual([first, second], adjust([0.01, 0.2]));
    assert.deepEqual(adjust([]), []);
    assert.deepEqual(adjust([null]), [null]);
    assert.deepEqual(adjust([0.3]), [0.3]);
  });

  test(`${adjust.name}: refuses what is no probability`, () => {
    for (const bad of [-0.1, 1.1, Number.NaN]) {
      assert.throws(() => adjust([0.5, bad]), /pValues\[1\] is no probability/);
    }
  });
}
