import assert from "node:assert/strict";
import { test } from "node:test";
import { type JackknifeInterval, jackknifeInterval } from "../../src/stats/jackknife-interval";
import { assertClose, expectedCases } from "./expected-values";

interface Case {
  values: number[];
  t_interval: [number, number];
  estimate: number;
  without: number[];
  effective: JackknifeInterval;
  wide: JackknifeInterval;
}

const meanWithout = (values: readonly number[]) => {
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    estimate: sum / values.length,
    leaveOneOut: values.map((value) => (sum - value) / (values.length - 1)),
  };
};

test("of a mean, without skewness: SciPy's t.interval", () => {
  for (const { values, t_interval } of expectedCases<Case>("jackknife-interval")) {
    const options = { degreesOfFreedom: "units", skewness: 0 } as const;
    const interval = jackknifeInterval(meanWithout(values), options)!;
    // The mean of numbers about a million, less a million, has ten digits.
    assertClose(interval.low, t_interval[0], "low", { tolerance: 1e-8 });
    assertClose(interval.high, t_interval[1], "high", { tolerance: 1e-8 });
  }
});

test("of a slope: NumPy's standard error, SciPy's kurtosis, skewness, t and root finder", () => {
  for (const [i, one] of expectedCases<Case>("jackknife-interval").entries()) {
    const jackknifed = { estimate: one.estimate, leaveOneOut: one.without };
    const found = {
      effective: jackknifeInterval(jackknifed)!,
      wide: jackknifeInterval(jackknifed, {
        confidence: 0.99,
        degreesOfFreedom: "units",
        skewness: 2.5,
      })!,
    };
    for (const name of ["effective", "wide"] as const) {
      for (const key of ["low", "high", "standard_error", "degrees_of_freedom"] as const) {
        const what = `case ${i}: ${name} ${key}`;
        // Relative to the interval's width, whose ends may be near 0.
        const floor = one[name].standard_error;
        assertClose(found[name][key], one[name][key], what, { tolerance: 1e-6, floor });
      }
    }
  }
});

test("never narrower than the symmetric interval", () => {
  const values = [1, 1.1, 1.2, 1.1, 0.9, 1, 4, 1.05];
  const at = (skewness: number) =>
    jackknifeInterval(meanWithout(values), { degreesOfFreedom: "units", skewness })!;
  assert.equal(at(1).low, at(0).low);
  assert.ok(at(1).high > at(0).high + at(0).standard_error);
});

test("the unit does not matter, nor how small the spread is beside the values", () => {
  const leaveOneOut = [1, 2, 4, 7, 5, 3, 2, 9].map((value) => 1e9 + value * 1e-4);
  const far = jackknifeInterval({ estimate: 1e9, leaveOneOut })!;
  const near = jackknifeInterval({
    estimate: 0,
    leaveOneOut: leaveOneOut.map((value) => value - 1e9),
  })!;
  assertClose(far.standard_error, near.standard_error, "standard error");
  const tiny = jackknifeInterval({
    estimate: 0,
    leaveOneOut: leaveOneOut.map((value) => (value - 1e9) * 1e-200),
  })!;
  assertClose(tiny.high, near.high * 1e-200, "high", { floor: 0 });
});

test("few units, no spread: no interval", () => {
  assert.equal(jackknifeInterval({ estimate: 1, leaveOneOut: [1, 2, 3] }), null);
  assert.equal(jackknifeInterval({ estimate: 1, leaveOneOut: [1, 1, 1, 1, 1] }), null);
});

test("refuses what is not finite or out of range", () => {
  const leaveOneOut = [1, 2, 3, 4, 5];
  assert.throws(() => jackknifeInterval({ estimate: Number.NaN, leaveOneOut }), /estimate/);
  assert.throws(
    () => jackknifeInterval({ estimate: 1, leaveOneOut: [...leaveOneOut, Number.NaN] }),
    /leaveOneOut\[5\]/,
  );
  assert.throws(
    () => jackknifeInterval({ estimate: 1, leaveOneOut }, { confidence: 1 }),
    /confidence/,
  );
});
