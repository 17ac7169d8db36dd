import assert from "node:assert/strict";
import { test } from "node:test";
import { principalComponents } from "../../src/stats/principal-components";
import { assertClose, expectedCases } from "./expected-values";

test("points on an axis", () => {
  assert.deepEqual(
    principalComponents([
      [0, 0],
      [2, 0],
      [4, 0],
    ]),
    {
      points: [
        [-2, 0],
        [0, 0],
        [2, 0],
      ],
      explained_variance_ratio: [1, 0],
    },
  );
});

test("vectors without variance", () => {
  assert.deepEqual(
    principalComponents([
      [0.1, 2],
      [0.1, 2],
      [0.1, 2],
    ]),
    {
      points: [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      explained_variance_ratio: [null, null],
    },
  );
  assert.deepEqual(principalComponents([[1, 2, 3]]), {
    points: [[0, 0]],
    explained_variance_ratio: [null, null],
  });
});

test("one dimension has one component", () => {
  const { points, explained_variance_ratio } = principalComponents([[1], [2], [6]]);
  assert.deepEqual(points, [
    [-2, 0],
    [-1, 0],
    [3, 0],
  ]);
  assert.deepEqual(explained_variance_ratio, [1, 0]);
});

test("two vectors lie on one axis, exactly", () => {
  const { points, explained_variance_ratio } = principalComponents([
    [1, 2, 3],
    [4, 6, 3],
  ]);
  assertClose(points[0]![0], -2.5, "first point");
  assertClose(points[1]![0], 2.5, "second point");
  assert.deepEqual([points[0]![1], points[1]![1]], [0, 0]);
  assert.deepEqual(explained_variance_ratio, [1, 0]);
});

test("the loading of largest magnitude is positive; of equal ones the first", () => {
  // The axis is ±(1, −1)/√2: its first loading decides, so the first vector is on the right.
  const { points } = principalComponents([
    [1, -1],
    [-1, 1],
  ]);
  assert.ok(points[0]![0] > 0);
});

test("scikit-learn's points and ratios, signs included", () => {
  type Case = { rows: number[][]; points: number[][]; explained_variance_ratio: number[] };
  for (const [i, c] of expectedCases<Case>("principal-components").entries()) {
    const actual = principalComponents(c.rows);
    const largest = Math.max(...c.points.flat().map(Math.abs));
    for (const [j, point] of c.points.entries()) {
      for (const axis of [0, 1] as const) {
        assertClose(actual.points[j]![axis], point[axis]!, `case ${i} point ${j} axis ${axis}`, {
          floor: largest,
        });
      }
    }
    for (const axis of [0, 1] as const) {
      const ratio = c.explained_variance_ratio[axis]!;
      assertClose(actual.explained_variance_ratio[axis], ratio, `case ${i} ratio`, { floor: 1 });
    }
  }
});

test("tiny and huge vectors", () => {
  for (const scale of [1e-200, 1e200]) {
    const { points, explained_variance_ratio } = principalComponents([
      [0, 0],
      [2 * scale, 0],
      [0, scale],
    ]);
    assert.ok(points.flat().every(Number.isFinite));
    assertClose(explained_variance_ratio[0]! + explained_variance_ratio[1]!, 1, "sum");
  }
});

test("refuses nothing, ragged rows and values that are not finite", () => {
  assert.throws(() => principalComponents([]), /no vectors/);
  assert.throws(() => principalComponents([[], []]), /no vectors/);
  assert.throws(() => principalComponents([[1, 2], [1]]), /rows\[1\] has another length/);
  assert.throws(() => principalComponents([[1], [Number.NaN]]), /rows\[1\]\[0\]/);
});
