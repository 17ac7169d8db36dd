import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { listTests } from "../../src/analysis/list-tests";
import { baselineBySet } from "../../src/experiments/activation-patching/baseline-by-set";
import { activationPatchingFigures } from "../../src/experiments/activation-patching/figures";
import { patchingFindings } from "../../src/experiments/activation-patching/findings";
import {
  type ActivationPatchingOptions,
  analyzeActivationPatching,
} from "../../src/experiments/activation-patching/measure";
import type { ActivationPatchingResult } from "../../src/experiments/activation-patching/result";
import {
  describeControls,
  listBaseline,
  listPatched,
  listScaling,
  listSlopes,
} from "../../src/experiments/activation-patching/tables";
import { linearWeightsFigures } from "../../src/experiments/linear-weights/figures";
import { linearWeightsFindings } from "../../src/experiments/linear-weights/findings";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import {
  describeGradient,
  listDecompositions,
  listMostSimilar,
  listSimilarities,
} from "../../src/experiments/linear-weights/tables";
import { serializeResult } from "../../src/experiments/serialize-result";
import type { BoundHead } from "../../src/heads/bind-head";
import type { Prompt } from "../../src/heads/measured-prompts";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { type Sizes, writeRandomModel } from "../patching/random-model";
import { type HeadOnDisk, headOnDisk } from "./head-on-disk";

const SIZES: Sizes = { layers: 2, heads: 2, d_head: 4, d_mlp: 12, d_vocab: 20, n_ctx: 16 };
const PROMPTS: Prompt[] = [
  [1, 2, 3],
  [4, 5],
  [6, 7, 8, 9],
  [10, 11, 12],
];

/** Numbers that may be null only beside a reason. */
const EXPLAINED = ["estimate", "p_value", "rank", "cosine", "mean", "slope"];

/** Every null statistic has its reason, and no number is without meaning. */
function explained(value: unknown, path: string): void {
  if (typeof value === "number") assert.ok(Number.isFinite(value), path);
  if (typeof value !== "object" || value === null) return;
  const object = value as Record<string, unknown>;
  if ("reason" in object && object.reason === null) {
    for (const key of EXPLAINED) {
      if (key in object) assert.notEqual(object[key], null, `${path}.${key} is null for no reason`);
    }
  }
  for (const [key, part] of Object.entries(object)) explained(part, `${path}.${key}`);
}

/** What a notebook shows of it: no number that is none, no word that is missing. */
function readable(...shown: unknown[]): void {
  const text = JSON.stringify(shown);
  assert.doesNotMatch(text, /NaN|Infinity|undefined|\[object/);
  assert.doesNotMatch(text, /∞/);
}

describe("at the edges: defined, or null with a reason", () => {
  const folder = temporaryFolder();
  let model: HookedTransformer;
  let heads = 0;
  const made: HookedTransformer[] = [];

  async function randomModel(name: string, sizes: Sizes): Promise<HookedTransformer> {
    mkdirSync(join(folder, name));
    await writeRandomModel(join(folder, name), sizes, 5);
    const loaded = await HookedTransformer.fromPretrained(join(folder, name));
    made.push(loaded);
    return loaded;
  }
  const head = (options: HeadOnDisk, of = model) =>
    headOnDisk(join(folder, `head${heads++}`), of, options);

  async function patching(
    of: BoundHead,
    prompts: readonly Prompt[] = PROMPTS,
    options: ActivationPatchingOptions = {},
  ): Promise<ActivationPatchingResult> {
    const result = await analyzeActivationPatching(of, prompts, options);
    serializeResult("activation_patching", result);
    explained(result, "result");
    readable(
      activationPatchingFigures(result),
      listBaseline(result),
      result.experiments.map((run) => listPatched(result, run)),
      listScaling(result),
      listSlopes(result),
      listTests(result.evidence.tests),
      describeControls(result),
      patchingFindings(result),
      baselineBySet(
        result,
        result.prompts.map((_, i) => `set ${i % 2}`),
      ),
    );
    return result;
  }

  async function weights(of: BoundHead, prompts: readonly Prompt[] = PROMPTS) {
    const result = await analyzeLinearWeights(of, { prompts, randomVectors: 50 });
    serializeResult("linear_weights_analysis", result);
    explained(result, "result");
    readable(
      linearWeightsFigures(result),
      listSimilarities(result),
      listSimilarities(result, "raw"),
      listMostSimilar(result),
      listDecompositions(result),
      listTests(result.tests),
      describeGradient(result),
      linearWeightsFindings(result),
    );
    return result;
  }

  before(async () => {
    model = await randomModel("model", SIZES);
  });
  after(() => {
    for (const one of made) one.dispose();
  });

  const KINDS: Record<string, HeadOnDisk> = {
    "linear regression, mlp_out": { target_neuron: 3 },
    "linear regression, post": { layer_type: "post", target_neuron: 11 },
    "hidden layer, resid_mid": { hidden_dim: 4, layer_type: "resid_mid" },
    "hidden layer, pre": { hidden_dim: 4, layer_type: "pre", target_neuron: 5 },
    "classification, z": { head_type: "classification", bin_edges: [-1, 0, 1, 2], layer_type: "z" },
    "classification without bins": { head_type: "classification", bin_edges: null },
    token: { head_type: "token", target_layer: 1 },
    "a target after the features": { target_layer: 1, feature_layer: 0 },
    "a layer norm's divisor": { layer_type: "ln2.hook_scale" },
    "the embedding": { layer_type: "hook_embed", target_neuron: 2 },
  };
  for (const [name, options] of Object.entries(KINDS)) {
    it(`${name}: many prompts, one, the same one`, async () => {
      const of = await head(options);
      await weights(of);
      const factors = options.layer_type === "ln2.hook_scale" ? [0.5, 1, 2] : undefined;
      const patches = factors && ([["set", 1]] as const);
      for (const prompts of [PROMPTS, PROMPTS.slice(0, 1), [PROMPTS[0], PROMPTS[0], PROMPTS[0]]]) {
        await patching(of, prompts, { factors, patches });
      }
    });
  }

  it("one prompt: the line, no interval, and why", async () => {
    const { evidence, warnings } = await patching(await head({ target_neuron: 3 }), [PROMPTS[0]]);
    const { slope, slope_test } = evidence.changed_points;
    assert.notEqual(slope.estimate, null);
    assert.deepEqual([slope.low, slope.high], [null, null]);
    assert.match(slope.reason!, /one prompt/);
    assert.match(slope_test.reason!, /fewer than two groups/);
    assert.match(evidence.baseline_correlation.reason!, /the same on every prompt/);
    assert.equal(evidence.prompt_slopes.std, null);
    assert.deepEqual(warnings, []);
  });

  it("identical prompts: no spread, and the user is told", async () => {
    const same = [PROMPTS[0], PROMPTS[0], PROMPTS[0]];
    const { evidence, quantiles, controls, warnings } = await patching(await head({}), same);
    assert.match(evidence.effect_sizes.reason!, /the same on every prompt/);
    assert.equal(evidence.effect_sizes.slope, null);
    assert.match(quantiles.reason!, /its quantiles change nothing/);
    assert.match(controls.neurons.reason!, /nothing to match/);
    assert.match(warnings.join("\n"), /3 prompts, but only 1 different/);
  });

  it("a prompt that comes twice among others is one measurement, to the last digit", async () => {
    const twice = [...PROMPTS, ...PROMPTS, PROMPTS[0]];
    const { baseline, scaling, experiments } = await patching(
      await head({ hidden_dim: 4 }),
      twice,
      {
        patches: [
          ["mean", 0],
          ["add", 1],
        ],
      },
    );
    for (const { activation, prediction } of [baseline, ...scaling, ...experiments]) {
      for (const values of [activation, prediction]) {
        assert.deepEqual(values.slice(4, 8), values.slice(0, 4));
        assert.equal(values[8], values[0]);
      }
    }
  });

  it("a head of zeros: a constant prediction, no direction", async () => {
    const zero = await head({ scale: 0 });
    const result = await weights(zero);
    assert.equal(result.sim_with_input, null);
    assert.equal(result.z_score_input, null);
    for (const { reason } of result.tests) assert.match(reason!, /zeros|all zero|no covariance/);
    assert.equal(result.gradient.coherence, null);
    const { evidence, slope, r_squared, regression, direct_effect } = await patching(zero);
    assert.deepEqual([slope, r_squared], [null, null]);
    assert.match(regression.reason!, /prediction is the same on every prompt and in every run/);
    assert.equal(evidence.changed_points.r_squared.estimate, null);
    assert.match(evidence.changed_points.r_squared.reason!, /prediction is the same/);
    assert.equal(direct_effect.direct_share.estimate, null);
    assert.equal(direct_effect.closed_form.slope, null);
  });

  it("an activation that is 0 on every prompt: scaling changes nothing, set-to-value is offered", async () => {
    const silent = await head({ layer_type: "post", target_neuron: 4 });
    const { mlp } = model.weights.blocks[0];
    const [W_in, b_in] = [mlp.W_in.arraySync(), mlp.b_in.arraySync()];
    const column = W_in.map((row) => row.map((value, j) => (j === 4 ? 0 : value)));
    const bias = b_in.map((value, j) => (j === 4 ? 0 : value));
    const { tensor2d, tensor1d } = await import("@tensorflow/tfjs-core");
    const changed = { ...mlp, W_in: tensor2d(column), b_in: tensor1d(bias) };
    const blocks = model.weights.blocks.map((block, i) =>
      i === 0 ? { ...block, mlp: changed } : block,
    );
    const quiet = Object.assign(Object.create(model), { weights: { ...model.weights, blocks } });
    const { evidence, quantiles, warnings } = await patching({ ...silent, model: quiet });
    assert.equal(evidence.changed_points.points, 0);
    assert.match(evidence.changed_points.slope.reason!, /fewer than two points/);
    assert.deepEqual(evidence.prompt_slopes.left_out, [0, 1, 2, 3]);
    assert.match(quantiles.reason!, /its quantiles change nothing/);
    assert.match(
      warnings.join("\n"),
      /on 4 of 4 prompts the activation is near zero.*set it to a value/,
    );
  });

  it("d_model 1", async () => {
    const small = await randomModel("small", { ...SIZES, heads: 1, d_head: 1, d_mlp: 2 });
    const of = await head({}, small);
    const { similarity_tests, tests } = await weights(of);
    for (const { cosine, random_directions } of similarity_tests) {
      // A processed model's weights are all centred, so that one coordinate is 0.
      assert.ok(cosine === null || Math.abs(cosine) === 1);
      assert.equal(random_directions.p_value, null);
    }
    assert.ok(tests.every(({ p_value, reason }) => (p_value === null) === (reason !== null)));
    await patching(of);
  });

  it("factor 1 alone, and one factor beside it", async () => {
    const of = await head({ target_neuron: 3 });
    const nothing = await patching(of, PROMPTS, { factors: [1] });
    assert.equal(nothing.evidence.changed_points.points, 0);
    assert.match(nothing.controls.neurons.reason!, /factor 1 changes nothing/);
    const one = await patching(of, PROMPTS, { factors: [0, 1] });
    assert.equal(one.evidence.changed_points.points, PROMPTS.length);
    const exchange = one.evidence.tests.find(
      ({ null_hypothesis }) => null_hypothesis === "factors_exchangeable",
    );
    assert.match(exchange!.reason!, /one changed run/);
  });

  it("prompts with and without a token in the way: text without a tokenizer", async () => {
    const { gradient } = await analyzeLinearWeights(await head({}));
    assert.equal(gradient.mean, null);
    assert.match(gradient.reason!, /no tokenizer/);
  });
});
