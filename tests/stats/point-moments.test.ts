import assert from "node:assert/strict";
import { test } from "node:test";
import { joinedMoments, pointMoments } from "../../src/stats/point-moments";
import { assertClose } from "./expected-values";

test("by hand", () => {
  assert.deepEqual(pointMoments([0, 2], [1, 5]), {
    ...{ n: 2, meanX: 1, meanY: 3, xx: 2, xy: 4, yy: 8 },
  });
});

test("joined: those of all points, also far from one another", () => {
  const [x, y] = [
    [1e8, 1e8 + 1, 1e8 + 3, -5, -6],
    [1, 2, 4, 1e9, 1e9 + 3],
  ];
  const joined = joinedMoments(
    pointMoments(x.slice(0, 3), y.slice(0, 3)),
    pointMoments(x.slice(3), y.slice(3)),
  );
  const whole = pointMoments(x, y);
  for (const key of ["n", "meanX", "meanY", "xx", "xy", "yy"] as const) {
    assertClose(joined[key], whole[key], key);
  }
});
