import assert from "node:assert/strict";
import { test } from "node:test";
import { isExactFit } from "../../src/stats/is-exact-fit";

test("on the line, up to float64 rounding and no further", () => {
  assert.ok(isExactFit([0, 1, 3], [0, 0.1, 0.1 + 0.2], { slope: 0.1, intercept: 0 }));
  assert.ok(!isExactFit([0, 1, 3], [0, 0.1, 0.3001], { slope: 0.1, intercept: 0 }));
  assert.ok(isExactFit([1e-30, 2e-30], [3e-30, 6e-30], { slope: 3, intercept: 0 }));
  assert.ok(!isExactFit([1e-30, 2e-30], [3e-30, 6.1e-30], { slope: 3, intercept: 0 }));
});

test("a large offset rounds more", () => {
  const x = [0.1, 0.2, 0.7];
  const line = { slope: 0.3, intercept: 1e6 };
  const y = x.map((value) => 0.3 * value + 1e6);
  assert.ok(isExactFit(x, y, line));
  assert.ok(
    !isExactFit(
      x,
      y.map((value, i) => value + 1e-6 * i),
      line,
    ),
  );
});

test("what is known of the rounding, of all or of each point", () => {
  const [x, y, line] = [[0, 1], [0.01, 1], { slope: 1, intercept: 0 }] as const;
  assert.ok(isExactFit(x, y, line, { y: 0.01 }));
  assert.ok(isExactFit(x, y, line, { y: [0.01, 0] }));
  assert.ok(!isExactFit(x, y, line, { y: [0, 0.01] }));
  assert.ok(isExactFit(x, y, line, { x: 0.01 }));
});
