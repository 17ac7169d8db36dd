import assert from "node:assert/strict";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { finitePairs, finiteValues } from "../../src/stats/finite-values";

test("copies plain and typed arrays", () => {
  assert.deepEqual(finiteValues(new Float32Array([0.5, 2]), "v"), [0.5, 2]);
  const values = [1, 2];
  assert.notEqual(finiteValues(values, "v"), values);
});

test("names the argument and the index of a value that is not finite", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.throws(
      () => finiteValues([1, bad], "weights"),
      (error: Error) =>
        error instanceof InputError &&
        error.message === `weights[1] is not a finite number; found ${bad}`,
    );
  }
  assert.throws(() => finiteValues({ length: 2, 0: 1 }, "v"), /v\[1\].*found undefined/);
  assert.throws(() => finiteValues(["1"] as unknown as number[], "v"), /v\[0\]/);
});

test("refuses lists of different lengths", () => {
  assert.throws(
    () => finitePairs([1], "x", [1, 2], "y"),
    /x and y must have the same length; found 1 and 2 values/,
  );
});
