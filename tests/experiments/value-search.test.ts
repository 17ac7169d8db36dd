import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ValueSearch } from "../../src/experiments/audit/value-search";

/** Looks for values of a function of the step; how often it was asked. */
function searched(f: (step: number) => number, slope: number, values: readonly number[]) {
  const search = new ValueSearch(f(0), slope, values);
  let asked = 0;
  while (search.pending.length > 0) {
    const seen = search.pending.map((place) => {
      const step = search.next(place);
      assert.ok(Number.isFinite(step), `looks at ${step}`);
      return { place, step, value: f(step) };
    });
    asked += seen.length;
    search.saw(seen);
  }
  return { found: search.found(), asked };
}

/** Within a thousandth of the way, as the audit says. */
function assertReached(
  f: (step: number) => number,
  found: readonly (number | null)[],
  values: readonly number[],
) {
  values.forEach((value, i) => {
    assert.ok(found[i] !== null, `${value} was not reached`);
    const missed = Math.abs(f(found[i]) - value);
    assert.ok(missed <= 1e-3 * Math.abs(value - f(0)), `${value} missed by ${missed}`);
  });
}

const SPREAD = Array.from({ length: 20 }, (_, i) => -2 + (4 * i) / 19);

describe("the steps at which a function of the step has certain values", () => {
  it("of a line are seen at once", () => {
    const f = (step: number) => 0.3 + 5 * step;
    const { found, asked } = searched(f, 5, SPREAD);
    assertReached(f, found, SPREAD);
    assert.ok(asked <= SPREAD.length, `${asked} looks`);
  });

  it("of curves take about two looks each", () => {
    const curves: [string, (step: number) => number, number][] = [
      ["exponential", (step) => Math.expm1(step) + 0.5 * step, 1.5],
      ["root", (step) => 3 * (Math.cbrt(step + 1) - 1), 1],
      ["a norm's", (step) => (4 * step) / Math.sqrt(1 + step * step), 4],
      ["cubic", (step) => step + step ** 3, 1],
    ];
    for (const [name, f, slope] of curves) {
      const { found, asked } = searched(f, slope, SPREAD);
      assertReached(f, found, SPREAD);
      assert.ok(asked <= 4 * SPREAD.length, `${name}: ${asked} looks`);
    }
  });

  it("are null where the value is beyond what the function ever has", () => {
    const f = (step: number) => Math.tanh(step);
    const { found, asked } = searched(f, 1, [0.5, 0.99, 1.5, 2, 3, -7]);
    assertReached(f, found.slice(0, 2), [0.5, 0.99]);
    assert.deepEqual(found.slice(2), [null, null, null, null]);
    assert.ok(asked < 40, `${asked} looks`);
  });

  it("are found up to where the function turns back, and no farther", () => {
    const hump = (step: number) => Math.E * step * Math.exp(-step); // 1 at step 1
    const below = [0.3, 0.7, 0.9, 0.99, 0.999];
    for (const scale of [1, 0.1, 10]) {
      const f = (step: number) => hump(step * scale);
      const { found } = searched(f, Math.E * scale, [...below, 1.001, 1.5]);
      assertReached(f, found.slice(0, 5), below);
      for (const step of found.slice(0, 5)) assert.ok(step! <= 1.05 / scale, `found at ${step}`);
      assert.deepEqual(found.slice(5), [null, null]);
      const mirrored = searched((step) => -f(-step), Math.E * scale, [-0.999, -1.001]);
      assertReached((step) => -f(-step), mirrored.found.slice(0, 1), [-0.999]);
      assert.equal(mirrored.found[1], null);
    }
    // Less than the first guess sees, which lies far behind the peak.
    const early = (step: number) => step - 40 * step * step; // at most 1/160
    assertReached(early, searched(early, 1, [0.006]).found, [0.006]);
    assert.deepEqual(searched(early, 1, [0.5]).found, [null]);
  });

  it("are the first of several crossings that are seen", () => {
    const f = (step: number) => Math.sin(step);
    const { found } = searched(f, 1, [0.2, -0.2, 0.9]);
    assertReached(f, found, [0.2, -0.2, 0.9]);
    for (const step of found) assert.ok(Math.abs(step!) < Math.PI / 2, `found at ${step}`);
  });

  it("are found where the function turns back, jumps or is flat in places", () => {
    const jump = (step: number) => step + (step > 0.4 ? 2 : 0);
    const { found } = searched(jump, 1, [0.3, 1, 2.6]);
    assert.equal(found[1], null, "a value that is jumped over");
    assertReached(jump, [found[0], found[2]], [0.3, 2.6]);
    const flat = (step: number) => (step < 1 ? step : step < 3 ? 1 : step - 2);
    assertReached(flat, searched(flat, 1, [0.5, 1.5, 4]).found, [0.5, 1.5, 4]);
  });

  it("is 0 for the function's own value, and null where no step can change it", () => {
    assert.deepEqual(searched((step) => step, 1, [0, 0]).found, [0, 0]);
    assert.deepEqual(searched(() => 2, 0, [2, 3]).found, [0, null]);
  });
});
