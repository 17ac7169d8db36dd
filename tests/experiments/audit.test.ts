import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { analyzeAudit } from "../../src/experiments/audit/audits";
import { donorPlan } from "../../src/experiments/audit/donors";
import type { Specificity } from "../../src/experiments/audit/result";
import { verdictOf } from "../../src/experiments/audit/verdict";
import { withinTextSlope } from "../../src/experiments/audit/within-text-slope";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import type { Interval } from "../../src/results/evidence-parts";
import { randomStream } from "../../src/stats/random-stream";
import { heldOutTexts } from "../../src/training/default-texts";
import { temporaryFolder } from "../checkpoints/temporary-folder";

describe("donors", () => {
  it("each text takes other texts' values, each value equally often", () => {
    const plan = donorPlan(30, 20, { seed: 1, name: "donors" });
    assert.equal(plan.length, 20);
    for (let text = 0; text < 30; text++) {
      const donors = plan.map((ofTexts) => ofTexts[text]);
      assert.equal(new Set(donors).size, 20);
      assert.ok(!donors.includes(text));
    }
    const used = plan.flat().reduce<number[]>((counts, donor) => {
      counts[donor] = (counts[donor] ?? 0) + 1;
      return counts;
    }, []);
    assert.deepEqual(used, Array(30).fill(20));
    assert.deepEqual(donorPlan(30, 20, { seed: 1, name: "donors" }), plan);
  });
});

describe("the slope within texts", () => {
  const random = randomStream(3, "runs");
  const plan = donorPlan(12, 5, { seed: 1, name: "donors" });
  const own = Array.from({ length: 12 }, () => random.gaussian());
  const texts = own.map((_, text) => {
    const donors = plan.map((ofTexts) => ofTexts[text]);
    const values = donors.map((donor) => own[donor]);
    return { values, donors, predictions: values.map((value) => value ** 2 + random.gaussian()) };
  });

  /** By the normal equations of a line with a dummy variable for each text, solved by sweeping the dummies out. */
  function slope(of: readonly { values: readonly number[]; predictions: readonly number[] }[]) {
    const centred = (values: readonly number[]) =>
      values.map((value) => value - values.reduce((sum, one) => sum + one, 0) / values.length);
    const x = of.flatMap(({ values }) => centred(values));
    const y = of.flatMap(({ predictions }) => centred(predictions));
    const inner = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    return inner(x, y) / inner(x, x);
  }

  it("has an intercept for each text", () => {
    assert.ok(Math.abs(withinTextSlope(texts)!.estimate - slope(texts)) < 1e-12);
    assert.equal(withinTextSlope([{ values: [1, 1], predictions: [1, 2], donors: [0, 0] }]), null);
  });

  it("is left out with the runs on a text and those of others that took its value", () => {
    const { leaveOneOut } = withinTextSlope(texts)!;
    texts.forEach((_, left) => {
      const others = texts
        .filter((_, text) => text !== left)
        .map(({ values, predictions, donors }) => {
          const isOther = (_: unknown, i: number) => donors[i] !== left;
          return { values: values.filter(isOther), predictions: predictions.filter(isOther) };
        });
      assert.ok(Math.abs(leaveOneOut[left] - slope(others)) < 1e-12);
    });
  });
});

describe("verdicts", () => {
  const of = (low: number | null, high: number | null): Interval => ({
    ...{ estimate: low === null || high === null ? null : (low + high) / 2, low, high },
    ...{ confidence: 0.95, method: "m", n: 300, resamples: 300, usable: 300 },
    reason: low === null ? "none" : null,
  });
  const rank = (p_value: number | null): Specificity => ({
    ...{ neurons: 128, texts: 16, effect: 1, largest: [], rank: 1, of: 128, percentile: 100 },
    ...{ p_value, reason: p_value === null ? "too few" : null },
  });
  const verdict = (
    r: Interval,
    causal_share: Interval,
    input_share: Interval,
    both_shares: Interval,
    p: number | null = 0.01,
  ) => verdictOf({ r, causal_share, input_share, both_shares, specificity: rank(p) });
  const [well, none] = [of(0.8, 0.9), of(-0.05, 0.05)];

  // The rules of SPEC section 10, the first that holds.
  it("follow the rules in their order", () => {
    const [high, low] = [of(0.9, 1.1), of(0.1, 0.2)];
    assert.equal(verdict(of(0.1, 0.2), high, none, high).verdict, "does not predict");
    assert.match(verdict(of(-0.9, -0.8), high, none, high).decided, /reversed/);
    assert.equal(verdict(well, high, none, high).verdict, "reads the neuron");
    assert.equal(verdict(well, low, high, high).verdict, "reads its inputs");
    assert.equal(verdict(well, low, low, of(0.2, 0.4)).verdict, "reads a correlate");
    assert.equal(verdict(well, of(0.4, 0.6), none, of(0.4, 0.6)).verdict, "undecided");
  });

  it("say what failed, or which interval decides nothing", () => {
    const [high, low] = [of(0.9, 1.1), of(0.1, 0.2)];
    assert.match(verdict(well, high, none, high, 0.2).decided, /no more special/);
    assert.match(verdict(well, high, none, high, null).decided, /no rank: too few/);
    assert.match(verdict(well, of(0.4, 0.6), none, high).decided, /causal share holds 0\.5/);
    assert.match(verdict(well, of(0.1, 0.2), of(null, null), high).decided, /no input share/);
    assert.match(verdict(well, of(0.1, 0.2), of(0.4, 0.6), high).decided, /input share holds 0\.5/);
    const below = of(0.3, 0.4);
    assert.match(
      verdict(well, low, below, of(0.45, 0.6)).decided,
      /both shares together holds 0\.5/,
    );
    assert.match(
      verdict(well, low, below, of(0.51, 0.6)).decided,
      /both shares together are at least 0\.5, neither is alone/,
    );
    assert.equal(verdict(of(null, null), high, none, high).verdict, "no verdict");
  });
});

// Truth that is planted: what such a head reads is known by how it was made.
describe("heads with known truth", () => {
  const folder = temporaryFolder();
  let model: HookedTransformer;
  before(async () => {
    model = await openBase("models/tiny-gpt2");
  });
  after(() => model.dispose());

  async function linearHead(weights: Float32Array, target: object): Promise<BoundHead> {
    const { d_model } = model.cfg;
    const path = join(folder, randomStream(0, JSON.stringify(target)).integer(0, 1e9).toString());
    mkdirSync(path, { recursive: true });
    const head_config = { input_dim: d_model, hidden_dim: null };
    writeFileSync(
      join(path, "config.json"),
      JSON.stringify({ head_type: "regression", feature_layer: -1, ...target, head_config }),
    );
    const tensors = new Map([
      ["output.weight", { dtype: "float32" as const, shape: [1, d_model], data: weights }],
      ["output.bias", { dtype: "float32" as const, shape: [1], data: new Float32Array(1) }],
    ]);
    await writeSafetensors(join(path, "head.safetensors"), tensors);
    return bindHead(await loadHead(path), model, { path });
  }

  it("one that reads the very coordinate that it predicts reads the neuron", async () => {
    const target = { layer_type: "resid_post", target_layer: 3, target_neuron: 5 };
    const basis = new Float32Array(model.cfg.d_model);
    basis[5] = 1;
    const tensors = tf.memory().numTensors;
    const audit = await analyzeAudit(await linearHead(basis, target));
    assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
    assert.equal(audit.verdict, "reads the neuron", audit.because.join(" "));
    assert.ok(Math.abs(audit.causal_share.estimate! - 1) < 1e-4);
    assert.ok(Math.abs(audit.prediction.r.estimate! - 1) < 1e-6);
    assert.equal(audit.specificity.rank, 1);
    // Only coordinate 5 of the stream changes: no other direction of length 1 sees all of it.
    const { random_directions, shuffled_labels } = audit;
    assert.equal(random_directions.rank, 1);
    assert.ok(
      Math.abs(random_directions.effect! - audit.specificity.effect!) <
        1e-6 * audit.specificity.effect!,
    );
    // |u₅| of a random direction u in 128 dimensions: median 0.6745/√128 of the whole.
    const typical = random_directions.median_effect! / random_directions.effect!;
    assert.ok(Math.abs(typical - 0.6745 / Math.sqrt(128)) < 0.02, String(typical));
    assert.match(shuffled_labels.reason!, /no training_metrics\.json/);
  });

  it("heads that learnt shuffled labels are beside one whose training texts are at hand", async () => {
    const head = await openHead("models/neuron_l2_n52_20261122_120000", { base: model });
    const { shuffled_labels, specificity } = await analyzeAudit(head);
    assert.equal(shuffled_labels.texts, 4000);
    assert.equal(shuffled_labels.of, 4);
    assert.ok(Math.abs(shuffled_labels.effect! / specificity.effect! - 1) < 1e-4);
    // They learnt nothing: 300 texts' correlation of independent things scatters by 0.06.
    for (const { r } of shuffled_labels.heads) assert.ok(Math.abs(r!) < 0.3, String(r));
  });

  it("one whose weights are orthogonal to what the neuron writes has a causal share of 0", async () => {
    // Another coordinate of the last stream: the patched one cannot reach it.
    const target = { layer_type: "resid_post", target_layer: 3, target_neuron: 6 };
    const basis = new Float32Array(model.cfg.d_model);
    basis[5] = 1;
    const audit = await analyzeAudit(await linearHead(basis, target));
    assert.equal(audit.causal_slope.estimate, 0);
    assert.notEqual(audit.verdict, "reads the neuron");
    assert.notEqual(audit.specificity.rank, 1);
  });

  it("gives the same numbers for the same seed", async () => {
    const target = { layer_type: "resid_post", target_layer: 3, target_neuron: 7 };
    const basis = new Float32Array(model.cfg.d_model);
    basis[7] = 2;
    const head = await linearHead(basis, target);
    const texts = (await heldOutTexts()).slice(0, 120);
    const options = { texts, timestamp: "2026-01-01T00:00:00Z" };
    const [first, second] = [await analyzeAudit(head, options), await analyzeAudit(head, options)];
    assert.equal(JSON.stringify(first), JSON.stringify(second));
    assert.match(first.warnings.join(), /120 different texts are few/);
    // Twice the activation: the scale of a prediction is no part of a share.
    assert.ok(Math.abs(first.causal_share.estimate! - 1) < 1e-4);
  });

  it("says why there is no verdict", async () => {
    const basis = new Float32Array(model.cfg.d_model).fill(1);
    const target = { layer_type: "resid_post", target_layer: 3, target_neuron: 8 };
    const few = await analyzeAudit(await linearHead(basis, target), {
      texts: ["Once upon", "Who?"],
    });
    assert.equal(few.verdict, "no verdict");
    assert.match(few.because[0], /2 different held-out texts are few: a verdict takes 100/);
    const early = { ...target, feature_layer: 1, target_neuron: 9 };
    const late = await analyzeAudit(await linearHead(basis, early));
    assert.equal(late.verdict, "cannot be tested this way");
    assert.match(late.because[0], /computed after/);
  });
});
