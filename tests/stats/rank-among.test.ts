import assert from "node:assert/strict";
import { test } from "node:test";
import { rankAmong } from "../../src/stats/rank-among";
import { assertClose, expectedCases } from "./expected-values";

test("NumPy's count and SciPy's percentile", () => {
  type Case = {
    value: number;
    others: number[];
    rank: number;
    percentile: number;
    p_value: number;
  };
  for (const { value, others, ...expected } of expectedCases<Case>("rank-among")) {
    const actual = rankAmong(value, others);
    assert.equal(actual.rank, expected.rank);
    assert.equal(actual.of, others.length + 1);
    assertClose(actual.percentile, expected.percentile, "percentile");
    assertClose(actual.p_value, expected.p_value, "p");
  }
});

test("what does not exist is null or not counted", () => {
  const alone = { rank: 1, of: 1, percentile: null, p_value: null };
  assert.deepEqual(rankAmong(0.5, []), alone);
  assert.deepEqual(rankAmong(0.5, [null, null]), alone);
  assert.deepEqual(rankAmong(null, [1]), { rank: null, of: 1, percentile: null, p_value: null });
  assert.equal(rankAmong(0.5, [null, 1]).of, 2);
});

test("among values like it every rank is as likely", () => {
  const values = [3, -1, 4, 1.5, -9, 2.6];
  const ranks = values.map((value, i) => rankAmong(value, values.toSpliced(i, 1)).rank);
  assert.deepEqual(ranks.toSorted(), [1, 2, 3, 4, 5, 6]);
});

test("refuses what is not finite", () => {
  assert.throws(() => rankAmong(1, [Number.NaN]), /others\[0\]/);
  assert.throws(() => rankAmong(Number.NaN, [1]), /value\[0\]/);
});
