import assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { baselineBySet } from "../../src/experiments/activation-patching/baseline-by-set";
import {
  type ActivationPatchingOptions,
  analyzeActivationPatching,
} from "../../src/experiments/activation-patching/measure";
import type { ActivationPatchingResult } from "../../src/experiments/activation-patching/result";
import { listScaling } from "../../src/experiments/activation-patching/tables";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import { serializeResult } from "../../src/experiments/serialize-result";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";
import { type HeadOnDisk, headOnDisk } from "./head-on-disk";

// Heads on a tiny random GPT-2 whose statistics came out absurd (a p-value of 6e-49 from four equal
// prompts, a slope of 9e-17 from rounding), and more of the same kinds. What is right follows from what
// a measurement is: no expected number here is one that the code computed.
const folder = temporaryFolder();
const degenerate = (...path: string[]) => fixture("degenerate", ...path);
const json = (name: string): number[][] => JSON.parse(readFileSync(degenerate(name), "utf8"));
const PROMPTS = json("prompts.json");
const NO_CONTROLS = { controls: false, timestamp: "2026-01-01T00:00:00Z" } as const;

/** Runs in batches of other sizes differ in float32's last digits, and an intercept near 0 is a difference of such. */
const FLOAT32 = { tolerance: 1e-3, floor: 1 };

const CONSTANT = /the prediction is the same on every prompt and in every run/;

describe("statistics of degenerate data", () => {
  let model: HookedTransformer;
  let heads = 0;
  before(async () => {
    const base = join(folder, "base");
    cpSync(degenerate("head_base"), base, { recursive: true });
    model = await HookedTransformer.fromPretrained(base);
  });
  after(() => model.dispose());

  const given = async (name: string) => bindHead(await loadHead(degenerate(name)), model);
  const made = (options: HeadOnDisk = {}) =>
    headOnDisk(join(folder, `head${heads++}`), model, options);

  async function patching(
    head: BoundHead,
    prompts: readonly (readonly number[])[] = PROMPTS,
    options: ActivationPatchingOptions = {},
  ): Promise<ActivationPatchingResult> {
    const result = await analyzeActivationPatching(head, prompts, { ...NO_CONTROLS, ...options });
    serializeResult("activation_patching", result);
    return result;
  }

  /** Every interval of a result, by its path. */
  function intervals(value: unknown, path = ""): [string, Record<string, unknown>][] {
    if (typeof value !== "object" || value === null) return [];
    const own = value as Record<string, unknown>;
    if ("low" in own && "estimate" in own) return [[path, own]];
    return Object.entries(own).flatMap(([key, part]) => intervals(part, `${path}.${key}`));
  }

  function everythingIsNull(result: ActivationPatchingResult, reason: RegExp): void {
    const { slope, intercept, r_squared, baseline_correlation, regression, evidence } = result;
    assert.deepEqual([slope, intercept, r_squared, baseline_correlation], Array(4).fill(null));
    assert.match(regression.reason!, reason);
    for (const one of result.per_input) {
      assert.deepEqual([one.slope, one.intercept, one.r2], [null, null, null]);
      assert.match(one.reason!, reason);
    }
    for (const [path, { estimate, low, high, reason: why }] of intervals(result)) {
      assert.deepEqual([estimate, low, high], [null, null, null], path);
      assert.notEqual(why, null, path);
    }
    for (const { claim, estimate, p_value, reason: why } of evidence.tests) {
      assert.deepEqual([estimate, p_value], [null, null], claim);
      assert.notEqual(why, null, claim);
    }
    for (const fit of [evidence.all_points, evidence.changed_points]) {
      for (const test of [fit.slope_test, fit.intercept_test]) {
        assert.deepEqual([test.estimate, test.standard_error, test.t], [null, null, null]);
      }
    }
    assert.equal(evidence.prompt_slopes.n, 0);
    assert.equal(evidence.effect_sizes.prediction_std, 0);
    assert.equal(evidence.effect_sizes.slope, null);
  }

  describe("equal prompts are one measurement", () => {
    it("four prompts with the same first token, measured there", async () => {
      const head = await given("head_pos0");
      const { evidence, direct_effect, warnings } = await patching(
        head,
        json("prompts_same_first.json"),
      );
      const { slope, slope_test } = evidence.changed_points;
      assert.deepEqual([slope.low, slope.high, slope.n], [null, null, 1]);
      assert.match(slope.reason!, /one prompt/);
      assert.deepEqual([slope_test.p_value, slope_test.degrees_of_freedom], [null, 0]);
      assert.match(slope_test.reason!, /fewer than two groups/);
      assert.equal(evidence.prompt_slopes.n, 1);
      assert.equal(evidence.baseline_correlation.estimate, null);
      for (const { null_hypothesis, p_value } of evidence.tests) {
        // Within the one prompt its factors can still be exchanged: 24 orders, 2 as far from 0.
        if (null_hypothesis === "factors_exchangeable")
          assert.ok(Math.abs(p_value! - 2 / 24) < 0.02);
        else assert.equal(p_value, null, null_hypothesis);
      }
      for (const [path, { low, reason }] of intervals({ evidence, direct_effect })) {
        assert.equal(low, null, path);
        assert.notEqual(reason, null, path);
      }
      assert.match(warnings.join("\n"), /4 prompts, but only 1 different up to the measured token/);
    });

    it("a prompt again changes nothing but what is listed for each prompt", async () => {
      const head = await given("head_pos0");
      const once = Array.from({ length: 9 }, (_, i) => [7 * i + 3, i, 40]);
      // The same first token, which is what is measured, with another end.
      const again = [...once, [3, 90], [10], [3, 9, 9, 9], once[4]];
      const [alone, repeated] = [await patching(head, once), await patching(head, again)];
      const of = ({ evidence, direct_effect, quantiles }: ActivationPatchingResult) => {
        const { direct_slope, indirect_slope, direct_share } = direct_effect;
        const { slope, intercept, values } = quantiles;
        return { evidence, direct_slope, indirect_slope, direct_share, slope, intercept, values };
      };
      close(of(repeated), of(alone), FLOAT32);
      assert.equal(repeated.baseline.activation.length, again.length);
      const baselines = (result: ActivationPatchingResult) =>
        baselineBySet(
          result,
          result.prompts.map(() => "one set"),
        );
      close(baselines(repeated), baselines(alone), FLOAT32);
      close(listScaling(repeated), listScaling(alone), FLOAT32);
    });

    it("in a sweep too", async () => {
      const head = await given("head_pos0");
      const once = [[3], [10], [17], [24]];
      const [alone, repeated] = [
        await analyzeNeuronSweep(head, once),
        await analyzeNeuronSweep(head, [...once, [3, 1], [3, 2], [3, 3]]),
      ];
      const { rank, mean_abs_change } = alone.target!;
      assert.equal(repeated.target!.rank, rank);
      close(repeated.target!.mean_abs_change, mean_abs_change, FLOAT32);
      const [of, expected] = [repeated.swept[0], alone.swept[0]];
      close(of.attribution.correlation, expected.attribution.correlation, FLOAT32);
    });

    it("two different prompts are two, however often", async () => {
      const head = await given("head_post");
      const two = [PROMPTS[1], PROMPTS[2], PROMPTS[1], PROMPTS[2], PROMPTS[1]];
      const { evidence } = await patching(head, two);
      assert.equal(evidence.changed_points.slope_test.degrees_of_freedom, 1);
      assert.match(evidence.baseline_correlation.reason!, /2 different prompts are few/);
      const signs = evidence.tests.find((test) => test.null_hypothesis === "signs_by_prompt")!;
      // Two prompts have four choices of signs, of which two have the largest sum.
      assert.equal(signs.p_value, 0.5);
    });
  });

  describe("what has no slope has none", () => {
    for (const factors of [[0, 0], [2, 2, 2], [0.5], [2, 2 + 1e-9]]) {
      it(`factors ${factors}: no prompt has one, all together have`, async () => {
        const head = await given("head_post");
        const { evidence, slope, per_input } = await patching(head, PROMPTS, { factors });
        const { n, mean, std, p_value, reason } = evidence.prompt_slopes;
        assert.deepEqual([n, mean.estimate, mean.low, std, p_value], [0, null, null, null, null]);
        assert.match(reason!, /no prompt has a slope of its own/);
        assert.match(mean.reason!, /no prompt has a slope of its own/);
        assert.ok(per_input.every((one) => one.slope === null && one.reason !== null));
        assert.notEqual(slope, null);
        for (const { null_hypothesis, p_value: p, reason: why } of evidence.tests) {
          if (null_hypothesis !== "factors_exchangeable") continue;
          assert.equal(p, null);
          assert.match(why!, /nothing to exchange/);
        }
      });
    }

    it("factor 1 twice: nothing has one", async () => {
      const head = await given("head_post");
      const result = await patching(head, PROMPTS, { factors: [1, 1] });
      assert.deepEqual([result.slope, result.intercept, result.r_squared], [null, null, null]);
      assert.match(result.regression.reason!, /activation changes by the same/);
      assert.equal(result.evidence.prompt_slopes.n, 0);
      assert.equal(result.evidence.all_points.slope_test.estimate, null);
    });

    it("a constant activation: the line over its factors, no correlation, no effect size", async () => {
      const head = await made({ layer_type: "hook_pos_embed", target_neuron: 3 });
      const same = PROMPTS.map((_, i) => [5 + i, 2 * i, 99 - i]);
      const { evidence, slope, quantiles } = await patching(head, same);
      assert.notEqual(slope, null);
      assert.deepEqual(
        [evidence.baseline_correlation.estimate, evidence.effect_sizes.activation_std],
        [null, 0],
      );
      assert.notEqual(evidence.changed_points.slope.low, null);
      assert.match(quantiles.reason!, /the same on every prompt/);
    });
  });

  describe("a constant prediction has no line, no correlation, no test", () => {
    const change = (head: BoundHead, name: string, value: (i: number, of: number) => number) => {
      const { data } = head.files.tensors.get(name)!;
      (data as Float32Array).forEach((old, i) => {
        (data as Float32Array)[i] = value(i, old);
      });
    };
    /** Every class has the first one's weights. */
    const collapse = (head: BoundHead, name = "output.weight") => {
      const [, size] = head.files.tensors.get(name)!.shape;
      const first = [...(head.files.tensors.get(name)!.data as Float32Array).subarray(0, size)];
      change(head, name, (i) => first[i % size]);
      return head;
    };
    const classes = (bins: number[], more: HeadOnDisk = {}) =>
      made({ head_type: "classification", bin_edges: bins, target_neuron: 3, ...more });

    const CASES: Record<string, () => Promise<BoundHead>> = {
      "equal class rows": () => given("head_collapsed"),
      "equal class rows, and a mean of 0": async () => collapse(await classes([-3, -1, 1, 3])),
      "equal class rows far from 0": async () =>
        collapse(await classes([1e6, 1e6 + 1, 1e6 + 2, 1e6 + 4])),
      "equal class rows, tiny": async () => collapse(await classes([1e-30, 2e-30, 4e-30, 5e-30])),
      "equal class rows behind a hidden layer": async () =>
        collapse(await classes([-3, 0, 1, 9], { hidden_dim: 6 })),
      "one digit ten times": async () => {
        const head = await made({ head_type: "token", target_layer: 1 });
        const digits = { ...head.files.config.head, digitTokens: Array<number>(10).fill(7) };
        return bindHead(
          {
            ...head.files,
            config: { ...head.files.config, head: digits } as typeof head.files.config,
          },
          model,
        );
      },
      "weights of zero": async () => made({ scale: 0 }),
      "weights of zero and a bias of a million": async () => {
        const head = await made({ scale: 0 });
        change(head, "output.bias", () => 1e6);
        return head;
      },
      "weights far below the bias's last digit": async () => {
        const head = await made({ scale: 1e-20 });
        change(head, "output.bias", () => 1e6);
        return head;
      },
      "hidden units that are all off": async () => {
        const head = await made({ hidden_dim: 5 });
        change(head, "hidden.weight", () => 0);
        return head;
      },
      "the mean of a centred stream": async () => {
        const head = await made({ layer_type: "post", target_layer: 1, target_neuron: 17 });
        change(head, "output.weight", () => 1);
        change(head, "output.bias", () => 0);
        return head;
      },
    };
    for (const [name, head] of Object.entries(CASES)) {
      it(name, async () => everythingIsNull(await patching(await head()), CONSTANT));
    }

    it("its neurons have no rank, its control neurons no slope", async () => {
      const head = await given("head_collapsed");
      const { target, swept } = await analyzeNeuronSweep(head, PROMPTS);
      assert.deepEqual([target!.rank, target!.p_value], [null, null]);
      assert.match(target!.reason!, /by more than rounding/);
      for (const { attribution } of swept) assert.match(attribution.reason!, /rounding/);
      const { controls } = await patching(head, PROMPTS, { controls: { neurons: 5, heads: 0 } });
      assert.match(controls.neurons.reason!, CONSTANT);
    });

    it("a target after the features: slope 0, and nothing to test", async () => {
      const head = await made({ target_layer: 1, feature_layer: 0, target_neuron: 2 });
      const { slope, intercept, baseline_correlation, evidence } = await patching(head);
      assert.deepEqual([slope, intercept], [0, 0]);
      assert.notEqual(baseline_correlation, null);
      assert.notEqual(evidence.baseline_correlation.low, null);
      const { changed_points, tests } = evidence;
      assert.equal(changed_points.slope.estimate, 0);
      for (const one of [
        changed_points.slope,
        changed_points.intercept,
        changed_points.r_squared,
      ]) {
        assert.deepEqual([one.low, one.high], [null, null]);
        assert.match(one.reason!, /prediction changes by the same everywhere/);
      }
      for (const { claim, p_value, reason } of tests) {
        if (claim === "baseline correlation") continue;
        assert.equal(p_value, null, claim);
        assert.notEqual(reason, null, claim);
      }
    });
  });

  describe("judged beside the size of the numbers", () => {
    it("an exact fit: the slope, and no error of it", async () => {
      // Features at the patched layer: the slope is the head's weight on every prompt.
      const options = { target_layer: 1, target_neuron: 4, feature_layer: 1 };
      const { slope, evidence, direct_effect } = await patching(await made(options));
      const { slope_test } = evidence.changed_points;
      assert.ok(Math.abs(direct_effect.closed_form.slope! - slope!) < 1e-5 * Math.abs(slope!));
      assert.deepEqual([slope_test.standard_error, slope_test.p_value], [null, null]);
      assert.match(slope_test.reason!, /goes through every point/);
      for (const one of [evidence.all_points.slope, evidence.changed_points.intercept]) {
        assert.deepEqual([one.low, one.high], [null, null]);
        assert.match(one.reason!, /goes through every point/);
      }
      const { mean, p_value, n } = evidence.prompt_slopes;
      assert.deepEqual([n, mean.low, p_value], [PROMPTS.length, null, null]);
      assert.match(mean.reason!, /every prompt says the same/);
      assert.equal(direct_effect.direct_share.low, null);
      assert.ok(Math.abs(direct_effect.direct_share.estimate! - 1) < 1e-5);
    });

    it("weights of 1e-30: the same statistics in another unit", async () => {
      const options = { target_layer: 0, target_neuron: 4, hidden_dim: null };
      const head = await made(options);
      const plain = await patching(head);
      const { data } = head.files.tensors.get("output.weight")!;
      const bias = head.files.tensors.get("output.bias")!.data as Float32Array;
      // A power of two, so that no digit changes.
      const unit = 2 ** -100;
      for (const values of [data as Float32Array, bias]) {
        values.forEach((value, i) => {
          values[i] = value * unit;
        });
      }
      const tiny = await patching(head);
      close(tiny.slope! / unit, plain.slope!);
      close(
        tiny.evidence.changed_points.slope.low! / unit,
        plain.evidence.changed_points.slope.low!,
      );
      close(
        tiny.evidence.tests.map(({ p_value }) => p_value),
        plain.evidence.tests.map(({ p_value }) => p_value),
      );
      close(tiny.evidence.effect_sizes.slope, plain.evidence.effect_sizes.slope);
      close(tiny.direct_effect.direct_share, plain.direct_effect.direct_share);
    });

    it("a bias of a million: the same statistics", async () => {
      const head = await made({ target_layer: 0, target_neuron: 4, hidden_dim: 5 });
      const plain = await patching(head);
      const layer = head.files.tensors.get("output.bias")!.data as Float32Array;
      layer[0] = 1e6;
      const far = await patching(head);
      const of = ({ evidence }: ActivationPatchingResult) => evidence.changed_points;
      close(of(far), of(plain), FLOAT32);
      close(far.baseline_correlation, plain.baseline_correlation, FLOAT32);
    });
  });

  it("one prompt: its line and no more", async () => {
    const head = await given("head_post");
    const { slope, per_input, evidence } = await patching(head, [PROMPTS[4]]);
    assert.equal(slope, per_input[0].slope);
    assert.deepEqual(
      [
        evidence.changed_points.slope.n,
        evidence.changed_points.slope.low,
        evidence.prompt_slopes.n,
      ],
      [1, null, 1],
    );
  });

  it("eight prompts have intervals, seven have the reason why not", async () => {
    const head = await given("head_post");
    const [eight, seven] = [await patching(head), await patching(head, PROMPTS.slice(1))];
    assert.match(eight.warnings.join("\n"), /8 different prompts are few: where only some texts/);
    assert.match(seven.warnings.join("\n"), /7 different prompts are few: there are intervals/);
    const { slope, intercept, r_squared } = eight.evidence.changed_points;
    for (const { low, high, estimate, method, n, resamples, usable } of [slope, intercept]) {
      assert.ok(low! < estimate! && estimate! < high!);
      assert.match(method!, /^jackknife_t/);
      assert.deepEqual([n, resamples, usable], [8, 8, 8]);
    }
    assert.deepEqual([r_squared.low, r_squared.method], [null, null]);
    assert.match(r_squared.reason!, /docs\/results\.md/);
    for (const [path, { low, reason }] of intervals(seven.evidence)) {
      assert.equal(low, null, path);
      assert.match(String(reason), /7 different prompts are few: an interval takes 8/, path);
    }
  });
});

/** Fails where two results differ by more than the order of additions can make. */
function close(
  found: unknown,
  expected: unknown,
  limits = { tolerance: 1e-9, floor: 1e-3 },
  path = "result",
): void {
  if (typeof found === "number" && typeof expected === "number") {
    const allowed = limits.tolerance * Math.max(Math.abs(expected), limits.floor);
    assert.ok(Math.abs(found - expected) <= allowed, `${path}: ${found} is not ${expected}`);
    return;
  }
  if (typeof found !== "object" || found === null) {
    assert.deepEqual(found, expected, path);
    return;
  }
  assert.deepEqual(Object.keys(found), Object.keys(expected as object), path);
  for (const [key, value] of Object.entries(found)) {
    close(value, (expected as Record<string, unknown>)[key], limits, `${path}.${key}`);
  }
}
