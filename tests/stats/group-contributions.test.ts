import assert from "node:assert/strict";
import { test } from "node:test";
import { groupContributions } from "../../src/stats/group-contributions";
import { linearRegression } from "../../src/stats/linear-regression";
import { assertClose, expectedCases } from "./expected-values";

test("scikit-learn's fits to each group's y alone, and they add up to the line", () => {
  type Case = {
    x: number[];
    y: number[];
    groups: number[];
    slope: number[];
    intercept: number[];
  };
  for (const { x, y, groups, slope, intercept } of expectedCases<Case>("group-contributions")) {
    const actual = groupContributions(x, y, groups)!;
    slope.forEach((value, g) => {
      assertClose(actual.slope[g], value, `slope of ${g}`, { floor: 1e-3 });
      assertClose(actual.intercept[g], intercept[g], `intercept of ${g}`, { floor: 1e-3 });
    });
    const line = linearRegression(x, y);
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
    assertClose(sum(actual.slope), line.slope, "slope", { floor: 1e-3 });
    assertClose(sum(actual.intercept), line.intercept, "intercept", { floor: 1e-3 });
  }
});

test("no line, no contributions; labels must be as many as points", () => {
  assert.equal(groupContributions([1, 1], [0, 1], [0, 1]), null);
  assert.equal(groupContributions([1], [0], [0]), null);
  assert.throws(() => groupContributions([1, 2], [1, 2], [0]), /one label for each point/);
});
