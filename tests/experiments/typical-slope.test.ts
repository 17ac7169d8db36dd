import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { meanInterval } from "../../src/analysis/over-prompts";
import type { SlopeEvidence } from "../../src/experiments/activation-patching/evidence";
import { typicalSlope } from "../../src/experiments/activation-patching/typical-slope";
import { changePoint } from "../../src/patching/change-line";
import { linearRegression } from "../../src/stats/linear-regression";
import { oneSample } from "../../src/stats/one-sample";
import { evidence, interval } from "./example-evidence";

/** Prompts that follow lines of their own through the origin, scaled by 0, 0.5, 1.5 and 2. */
function measured(prompts: readonly { activation: number; slope: number }[]) {
  const points = prompts.flatMap(({ activation, slope }, prompt) =>
    [0, 0.5, 1.5, 2].map((factor) =>
      changePoint(
        prompt,
        { clean: activation, patched: factor * activation },
        slope * (factor - 1) * activation,
        1e-9,
      ),
    ),
  );
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const pooled = linearRegression(x, y, { x: 0, y: 0 });
  const own = prompts.map(({ slope }) => slope);
  const { mean: _, n, ...spread } = oneSample(own);
  const known = {
    all_points: {
      ...evidence.all_points,
      slope: { ...interval, estimate: pooled.slope, low: -1, high: 1 },
      r_squared: { ...interval, estimate: pooled.r_squared, low: null, high: null },
    },
    prompt_slopes: {
      ...{ n, left_out: [], mean: meanInterval(own, 1e-12), reason: null },
      ...spread,
    },
    effect_sizes: { ...evidence.effect_sizes, activation_std: 3, prediction_std: 2, slope: 0.1 },
  } satisfies Pick<SlopeEvidence, "all_points" | "prompt_slopes" | "effect_sizes">;
  const lines = prompts.map(({ slope }) => ({ slope, intercept: 0 }));
  return { ...typicalSlope(known, points, lines), pooled, own };
}

describe("the slope that describes the prompts", () => {
  it("two prompts that are moved ten times as far decide one line through all: the mean of the prompts' own is said", () => {
    // 17 prompts follow with slope about 0.1; two, saturated and moved far, do not follow at all.
    const follow = Array.from({ length: 17 }, (_, i) => ({
      activation: i % 2 === 0 ? 0.5 : -0.5,
      slope: 0.1 + 0.001 * (i % 5),
    }));
    const saturated = [5, -5].map((activation) => ({ activation, slope: 0.001 }));
    const typical = measured([...follow, ...saturated]);
    assert.ok(typical.pooled.slope! < 0.02, String(typical.pooled.slope));
    assert.equal(typical.prompts_agree, false);
    assert.equal(typical.of, "prompt_slopes");
    const mean = typical.own.reduce((sum, slope) => sum + slope, 0) / typical.own.length;
    assert.ok(Math.abs(typical.slope.estimate! - mean) < 1e-12);
    assert.ok(typical.slope.low! < mean && mean < typical.slope.high!);
    assert.ok(Math.abs(typical.standardized.estimate! - (mean * 3) / 2) < 1e-12);
    assert.ok(Math.abs(typical.standardized.low! - (typical.slope.low! * 3) / 2) < 1e-12);
    assert.ok(typical.own_r_squared! > 0.999);
    assert.match(typical.note!, /^the prompts disagree: .* from 0\.001 to 0\.104\./);
  });

  it("slopes that cancel: one line explains nothing, the prompts' own everything", () => {
    const typical = measured([0.5, -0.5, 0.5, -0.5].map((slope) => ({ activation: 1, slope })));
    assert.ok(Math.abs(typical.pooled.slope!) < 1e-12);
    // Four prompts have no interval: R² alone decides.
    assert.deepEqual([typical.slope.low, typical.prompts_agree], [null, false]);
    assert.ok(typical.own_r_squared! > 0.999 && typical.pooled_r_squared! < 1e-12);
  });

  it("where one line describes them, it is said, and there is no note", () => {
    const prompts = Array.from({ length: 19 }, (_, i) => ({
      activation: (i - 9.5) / 4,
      slope: 0.3 + (i % 2 === 0 ? 0.001 : -0.001),
    }));
    const typical = measured(prompts);
    assert.deepEqual([typical.of, typical.prompts_agree, typical.note], ["all_points", true, null]);
    assert.equal(typical.slope.estimate, typical.pooled.slope);
  });

  it("the same slope on every prompt, up to rounding, is agreement", () => {
    const prompts = Array.from({ length: 9 }, (_, i) => ({ activation: i - 4.5, slope: 0.25 }));
    const typical = measured(prompts);
    assert.deepEqual([typical.of, typical.prompts_agree], ["all_points", true]);
  });

  it("one prompt cannot disagree", () => {
    const typical = measured([{ activation: 1, slope: 0.25 }]);
    assert.deepEqual([typical.of, typical.prompts_agree, typical.note], ["all_points", null, null]);
  });
});
