import assert from "node:assert/strict";
import { test } from "node:test";
import { leaveOneOut } from "../../src/stats/leave-one-out";

const sum = (a: number, b: number) => a + b;

test("all but one, in their order", () => {
  assert.deepEqual(leaveOneOut([1, 2, 4], sum), [6, 5, 3]);
  assert.deepEqual(leaveOneOut([1, 2], sum), [2, 1]);
  const joined = leaveOneOut([..."abcd"], (a, b) => a + b);
  assert.deepEqual(joined, ["bcd", "acd", "abd", "abc"]);
});

test("3n joins, not n²", () => {
  let joins = 0;
  leaveOneOut(Array(100).fill(1), (a, b) => {
    joins++;
    return a + b;
  });
  assert.ok(joins <= 300, `${joins} joins`);
});
