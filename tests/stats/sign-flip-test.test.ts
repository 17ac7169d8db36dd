import assert from "node:assert/strict";
import { test } from "node:test";
import { signFlipTest } from "../../src/stats/sign-flip-test";
import { assertClose, expectedCases } from "./expected-values";

test("SciPy's exact null", () => {
  type Case = { values: number[]; p_value: number };
  for (const { values, p_value } of expectedCases<Case>("sign-flip-test")) {
    const actual = signFlipTest(values);
    assertClose(actual.p_value, p_value, `p of ${values}`);
    assert.ok(actual.exact);
    assert.equal(actual.flips, 2 ** values.length);
  }
});

test("one value says nothing", () => {
  assert.deepEqual(signFlipTest([2]), { estimate: 2, p_value: 1, flips: 2, exact: true });
});

test("more values are sampled, and agree with the exact test of half as many signs", () => {
  const values = [0.9, 1.1, 0.2, -0.4, 0.8, 0.5, -0.1, 0.7, -0.3, 0.6, 0.2, 0.1];
  const exact = signFlipTest(values).p_value!;
  const sampled = signFlipTest([...values, 1e-9], { flips: 20_000 });
  assert.equal(sampled.exact, false);
  const error = Math.sqrt((exact * (1 - exact)) / 20_000);
  assert.ok(Math.abs(sampled.p_value! - exact) < 5 * error, `${sampled.p_value} ${exact}`);
});

test("the seed decides, nothing gives null, bad numbers are refused", () => {
  const values = Array.from({ length: 20 }, (_, i) => Math.sin(i) + 0.2);
  const first = signFlipTest(values, { flips: 99, seed: 1 });
  assert.deepEqual(signFlipTest(values, { flips: 99, seed: 1 }), first);
  assert.notEqual(
    signFlipTest(values, { flips: 99, seed: 1, name: "other" }).p_value,
    first.p_value,
  );
  assert.deepEqual(signFlipTest([]), { estimate: null, p_value: null, flips: 0, exact: true });
  assert.throws(() => signFlipTest([Number.NaN]), /values\[0\]/);
  assert.throws(() => signFlipTest([1], { flips: 0 }), /flips is not/);
});
