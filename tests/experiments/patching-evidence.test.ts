import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { bindHead } from "../../src/heads/bind-head";
import { linearWeights } from "../../src/heads/linear-weights";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { mlpNeuronWeights } from "../../src/model/named-weights";
import { scalingExperiment } from "../../src/patching/scaling-experiment";
import { linearRegression } from "../../src/stats/linear-regression";
import { randomStream } from "../../src/stats/random-stream";
import { trainHead } from "../../src/training/train-head";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden, relativeToLargest } from "../golden";
import { headOnDisk } from "./head-on-disk";

const { heads, sequences } = golden();
const NO_CONTROLS = { controls: false } as const;

describe("the evidence beside a slope", () => {
  const folder = temporaryFolder();
  let model: HookedTransformer;
  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());
  const goldenHead = async (name: string) =>
    bindHead(await loadHead(fixture("golden-a", heads[name].dir)), model);

  it("both fits: the contract's, and one without what was not changed", async () => {
    const head = await goldenHead("regression_linear");
    const { evidence, slope, intercept, r_squared } = await analyzeActivationPatching(
      head,
      sequences,
      NO_CONTROLS,
    );
    const { all_points, changed_points } = evidence;
    const expected = heads.regression_linear.regression;
    for (const [found, of] of [
      [all_points.slope.estimate, expected.slope],
      [all_points.intercept.estimate, expected.intercept],
      [all_points.r_squared.estimate, expected.r_squared],
    ] as const) {
      assert.ok(Math.abs(found! - of) < 1e-4 * Math.max(1, Math.abs(of)));
    }
    const estimates = [all_points.slope, all_points.intercept, all_points.r_squared];
    [slope, intercept, r_squared].forEach((value, i) => {
      assert.ok(Math.abs(estimates[i].estimate! - value!) < 1e-12);
    });
    assert.equal(all_points.points, 5 * sequences.length);
    assert.equal(changed_points.points, 4 * sequences.length);
    const { baseline, scaling } = await scalingExperiment(head, sequences);
    const x: number[] = [];
    const y: number[] = [];
    for (const run of [0, 1, 3, 4]) {
      scaling[run].activation.forEach((value, i) => {
        x.push(value - baseline.activation[i]);
        y.push(scaling[run].prediction[i] - baseline.prediction[i]);
      });
    }
    assert.ok(
      relativeToLargest([changed_points.slope.estimate!], [linearRegression(x, y).slope!]) < 1e-4,
    );
    // Six prompts: the intervals of more are computed again by NumPy in python-agreement.test.ts.
    for (const { low, high, n, reason } of [all_points.slope, changed_points.intercept]) {
      assert.deepEqual([low, high, n], [null, null, sequences.length]);
      assert.match(reason!, /6 different prompts are few/);
    }
  });

  it("a seed gives the same numbers, another seed others", async () => {
    const head = await goldenHead("regression_linear");
    const run = (seed: number) =>
      analyzeActivationPatching(head, sequences, {
        ...NO_CONTROLS,
        seed,
        timestamp: "2026-01-01T00:00:00Z",
      });
    const [first, again, other] = [await run(0), await run(0), await run(1)];
    assert.deepEqual(again, first);
    const p = ({ evidence }: typeof first) =>
      evidence.tests.find(({ null_hypothesis }) => null_hypothesis === "prompts_exchangeable")!
        .p_value;
    assert.notEqual(p(other), p(first));
    assert.equal(other.slope, first.slope);
    const { random_streams, seed } = first.provenance;
    assert.equal(seed, 0);
    assert.ok(random_streams.includes("permutation-of-prompts"));
  });

  it("a linear head at the patched layer: the closed form, and nothing but the direct path", async () => {
    for (const layer_type of ["post", "mlp_out", "resid_post"]) {
      const options = { layer_type, target_layer: 2, target_neuron: 9, feature_layer: 2 };
      const head = await headOnDisk(join(folder, layer_type), model, options);
      const { weights } = linearWeights(head);
      const { output } = mlpNeuronWeights(model, 2, 9);
      const expected =
        layer_type === "post" ? weights.reduce((sum, w, j) => sum + w * output[j], 0) : weights[9];
      const { direct_effect } = await analyzeActivationPatching(head, sequences, NO_CONTROLS);
      const { closed_form, direct_slope, indirect_slope, direct_share } = direct_effect;
      assert.ok(Math.abs(closed_form.slope! - expected) < 1e-9 * Math.abs(expected), layer_type);
      assert.ok(Math.abs(closed_form.difference!) < 1e-4 * Math.abs(expected));
      assert.ok(closed_form.largest_error! < 1e-4);
      assert.ok(Math.abs(direct_slope.estimate! - expected) < 1e-6 * Math.abs(expected));
      assert.ok(Math.abs(indirect_slope.estimate!) < 1e-4 * Math.abs(expected));
      assert.ok(Math.abs(direct_share.estimate! - 1) < 1e-4);
    }
  });

  it("layers between: direct is w · what is written × change, indirect the rest", async () => {
    const head = await goldenHead("regression_linear");
    const { weights } = linearWeights(head);
    const result = await analyzeActivationPatching(head, sequences, NO_CONTROLS);
    const { direct, total, indirect, closed_form, direct_share } = result.direct_effect;
    assert.match(closed_form.reason!, /layers lie between/);
    const { scaling, baseline } = result;
    scaling.forEach((run, i) => {
      const expected = run.activation.map(
        (a, p) => (a - baseline.activation[p]) * weights[head.index],
      );
      assert.ok(relativeToLargest(direct[i], expected) < 1e-6);
      const measured = run.prediction.map((value, p) => value - baseline.prediction[p]);
      assert.deepEqual(total[i], measured);
      indirect[i].forEach((value, p) => {
        assert.ok(Math.abs(value + direct[i][p] - total[i][p]) < 1e-12);
      });
    });
    assert.notEqual(direct_share.estimate, null);
  });

  it("a target after the features: slope 0 in closed form, no direct path, no tests", async () => {
    const options = { target_layer: 2, target_neuron: 1, feature_layer: 0 };
    const head = await headOnDisk(join(folder, "late"), model, options);
    const { direct_effect, evidence, controls } = await analyzeActivationPatching(head, sequences);
    assert.equal(direct_effect.closed_form.slope, 0);
    assert.equal(direct_effect.closed_form.difference, 0);
    assert.match(direct_effect.reason!, /computed after/);
    assert.match(controls.neurons.reason!, /computed after/);
    for (const { claim, p_value, reason } of evidence.tests) {
      if (claim === "baseline correlation") continue;
      assert.equal(p_value, null, claim);
      assert.notEqual(reason, null, claim);
    }
  });

  it("set to its quantiles: the values are NumPy's, and the neuron takes them", async () => {
    const head = await goldenHead("regression_linear");
    const { quantiles, baseline } = await analyzeActivationPatching(head, sequences, NO_CONTROLS);
    const sorted = [...baseline.activation].sort((a, b) => a - b);
    // Six prompts: the median is the mean of the third and fourth.
    assert.ok(Math.abs(quantiles.values[2] - (sorted[2] + sorted[3]) / 2) < 1e-6);
    for (const [i, { patch, activation }] of quantiles.runs.entries()) {
      assert.deepEqual(patch, ["set", quantiles.values[i]]);
      assert.ok(activation.every((value) => value === quantiles.values[i]));
    }
  });

  it("control neurons: each slope is that of the same experiment on that neuron", async () => {
    const head = await goldenHead("regression_hidden_gelu");
    const { controls } = await analyzeActivationPatching(head, sequences, {
      controls: { neurons: 4, heads: 0 },
    });
    const { neurons, target, slope_rank, candidates } = controls.neurons;
    assert.equal(neurons.length, 4);
    assert.ok(candidates >= 4);
    for (const { neuron, slope, activation_std } of neurons) {
      assert.notEqual(neuron, head.index);
      assert.ok(activation_std <= 2 * target.activation_std);
      assert.ok(activation_std >= target.activation_std / 2);
      const alone = await analyzeActivationPatching(
        { ...head, index: neuron },
        sequences,
        NO_CONTROLS,
      );
      const expected = alone.evidence.changed_points.slope.estimate!;
      assert.ok(Math.abs(slope! - expected) < 1e-4 * Math.abs(expected), `${slope} ${expected}`);
    }
    const larger = neurons.filter(
      ({ slope }) => Math.abs(slope!) >= Math.abs(target.slope!),
    ).length;
    assert.equal(slope_rank.rank, 1 + larger);
    assert.equal(controls.shuffled_labels.reason, "not asked for");
  });

  it("heads on shuffled labels: trained where the texts are at hand, else the reason", async () => {
    const stream = randomStream(0, "texts");
    const texts = Array.from({ length: 120 }, () =>
      Array.from({ length: stream.integer(2, 9) }, () => stream.integer(0, model.cfg.d_vocab - 1)),
    );
    const { directory } = await trainHead(model, {
      ...{ layer: 1, neuron: 3, texts, out: folder, cacheFolder: join(folder, "cache") },
    });
    process.env.TSLENS_CACHE = join(folder, "cache");
    const head = bindHead(await loadHead(directory), model);
    const run = (from: number[][]) =>
      analyzeActivationPatching(head, sequences, {
        controls: { neurons: 0, heads: 3, texts: from },
      });
    const { controls, evidence } = await run(texts);
    const {
      heads: shuffled,
      selectivity,
      test_r_squared,
      slope_rank,
      reason,
    } = controls.shuffled_labels;
    assert.equal(reason, null);
    assert.equal(shuffled.length, 3);
    const mean = shuffled.reduce((sum, one) => sum + one.test_r_squared! / 3, 0);
    assert.ok(Math.abs(selectivity! - (test_r_squared! - mean)) < 1e-12);
    assert.equal(new Set(shuffled.map(({ slope }) => slope)).size, 3);
    const own = Math.abs(evidence.changed_points.slope.estimate!);
    const larger = shuffled.filter(({ slope }) => Math.abs(slope!) >= own).length;
    assert.equal(slope_rank.rank, 1 + larger);
    const other = await run(texts.slice(1));
    assert.match(other.controls.shuffled_labels.reason!, /not at hand/);
    const plain = await goldenHead("regression_linear");
    const none = await analyzeActivationPatching(plain, sequences, { controls: { neurons: 0 } });
    assert.match(none.controls.shuffled_labels.reason!, /no training_metrics\.json/);
  });
});
