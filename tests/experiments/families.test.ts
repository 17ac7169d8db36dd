import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { describeModel, listMlpWeights, listNeuronWeights } from "../../src/analysis/describe";
import { openHead } from "../../src/analysis/open-head";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { linearWeightsFigures } from "../../src/experiments/linear-weights/figures";
import { linearWeightsFindings } from "../../src/experiments/linear-weights/findings";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import type { LinearWeightsResult } from "../../src/experiments/linear-weights/result";
import {
  listDecompositions,
  listMostSimilar,
  listSimilarities,
} from "../../src/experiments/linear-weights/tables";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import { serializeResult } from "../../src/experiments/serialize-result";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { ARCHITECTURES, goldenArchitecture, goldenWeight } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";
import { headOnDisk } from "./head-on-disk";

const folder = temporaryFolder();
const GATE_KEYS = [
  ...["sim_with_gate", "z_score_gate", "p_value_gate", "mlp_gate_weights", "pca_with_gate"],
];
const PROMPTS = Array.from({ length: 9 }, (_, i) =>
  Array.from({ length: 3 + i }, (__, j) => (i * 17 + j * 29) % 110),
);

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (u: readonly number[], v: readonly number[]) =>
    u.reduce((sum, value, i) => sum + value * v[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function near(found: number | null | undefined, expected: number, what: string) {
  assert.ok(typeof found === "number" && Math.abs(found - expected) < 1e-5, `${what}: ${found}`);
}

for (const family of ARCHITECTURES) {
  const { sequences, heads, tl_cfg, shipped_settings_that_disagree } = goldenArchitecture(family);
  const isGated = tl_cfg.gated_mlp === true;
  const base = fixture("arch", family, "base-model");
  let model: HookedTransformer;

  describe(family, () => {
    before(async () => {
      model = await HookedTransformer.fromPretrained(base);
    });
    after(() => model.dispose());

    for (const [name, { dir }] of Object.entries(heads)) {
      it(`${name}: the linear weights are compared with all of the neuron's vectors`, async () => {
        const head = await openHead(fixture("arch", family, dir), { base: model });
        const { targetLayer: layer, targetNeuron: n } = head.files.config;
        const result = await analyzeLinearWeights(head, { prompts: sequences, randomVectors: 200 });
        const w = result.linear_weights;
        // TransformerLens's matrices; the cosines by plain sums.
        const matrix = (kind: "processed" | "unprocessed", part: string) =>
          goldenWeight(family, kind, `blocks.${layer}.${part}`);
        const column = (kind: "processed" | "unprocessed", part: string) =>
          matrix(kind, part).map((row) => row[n]);
        near(result.sim_with_input, cosine(w, column("processed", "mlp.W_in")), "input");
        near(result.sim_with_output, cosine(w, matrix("processed", "mlp.W_out")[n]), "output");
        const raw = (comparison: string) =>
          result.similarity_tests.find(
            (test) => test.weights === "raw" && test.comparison === comparison,
          )?.cosine;
        near(raw("input"), cosine(w, column("unprocessed", "mlp.W_in")), "raw input");
        near(raw("output"), cosine(w, matrix("unprocessed", "mlp.W_out")[n]), "raw output");
        if (isGated) {
          near(result.sim_with_gate, cosine(w, column("processed", "mlp.W_gate")), "gate");
          near(raw("gate"), cosine(w, column("unprocessed", "mlp.W_gate")), "raw gate");
        }
        if (name === "regression_mlp_out") {
          const written = column("processed", "mlp.W_out");
          const direction = (part: string) =>
            matrix("processed", part).map((row) =>
              row.reduce((sum, value, m) => sum + value * written[m], 0),
            );
          const sign = family === "gemma2" ? Math.sign(matrix("processed", "ln2_post.w")[0][n]) : 1;
          const { read_direction, gate_read_direction, basis_vector } = result.similarities;
          near(read_direction, sign * cosine(w, direction("mlp.W_in")), "read");
          near(basis_vector, w[n] / Math.sqrt(w.reduce((sum, x) => sum + x * x, 0)), "basis");
          if (isGated) near(gate_read_direction, sign * cosine(w, direction("mlp.W_gate")), "gate");
          else assert.equal(gate_read_direction, undefined);
        }
        checkShape(result, isGated);
        checkShown(result, isGated);
        assert.equal(listNeuronWeights(head).length, isGated ? 3 : 2);
        assert.equal(listMlpWeights(model, layer).length, isGated ? 5 : 4);
        assert.ok(describeModel(head).some((fact) => fact.name === "family"));
        checkWords(result, family, isGated);
        head.dispose();
      });
    }

    it("the results say where TransformerLens's own settings give other numbers", async () => {
      const head = await openHead(fixture("arch", family, heads.regression_post.dir), {
        base: model,
      });
      const results = [
        await analyzeLinearWeights(head, { randomVectors: 20 }),
        await analyzeActivationPatching(head, PROMPTS, { controls: false, progress: null }),
        await analyzeNeuronSweep(head, PROMPTS, { progress: null }),
      ];
      const differs = shipped_settings_that_disagree.some(
        ({ worst_relative_logit_error }) => worst_relative_logit_error > 0,
      );
      for (const { warnings } of results) {
        const said = warnings.filter((warning) => warning.startsWith("TransformerLens 3 runs"));
        assert.equal(said.length, differs ? 1 : 0, warnings.join("\n"));
      }
      head.dispose();
    });

    it("where the head reads the patched block, the slope is known, except behind a norm", async () => {
      for (const layer_type of ["post", "mlp_out", "attn_out", "z"]) {
        const head = await headOnDisk(join(folder, `${family}-${layer_type}`), model, {
          ...{ layer_type, target_layer: 1, target_neuron: 5, feature_layer: 1 },
        });
        const { direct_effect: direct } = await analyzeActivationPatching(head, PROMPTS, {
          ...{ controls: false, progress: null },
        });
        const isInside = layer_type === "post" || layer_type === "z";
        if (family === "gemma2" && isInside) {
          const norm = layer_type === "post" ? /norm ln2_post/ : /norm ln1_post/;
          assert.match(direct.reason!, norm);
          assert.match(direct.closed_form.reason!, norm);
          assert.equal(direct.direction_norm, null);
          continue;
        }
        assert.equal(direct.reason, null);
        const isAttention = layer_type === "attn_out" || layer_type === "z";
        if (isAttention && !model.cfg.parallel_attn_mlp) {
          assert.match(direct.closed_form.reason!, /layers lie between/);
          continue;
        }
        assert.equal(direct.closed_form.reason, null, layer_type);
        assert.ok(direct.closed_form.largest_error! < 1e-4, `${direct.closed_form.largest_error}`);
      }
    });
  });
}

/** The gate's keys are there where the MLP has one, and nowhere else. */
function checkShape(result: LinearWeightsResult, isGated: boolean) {
  const written = JSON.parse(serializeResult("linear_weights_analysis", result));
  for (const key of GATE_KEYS) assert.equal(key in written, isGated, key);
  assert.equal("mlp_gate" in written.stats, isGated);
  assert.equal(written.pca.points.length, 3);
  if (isGated) assert.equal(written.pca_with_gate.points.length, 4);
  const kinds = ["processed", "raw"].flatMap((weights) =>
    (isGated ? ["input", "output", "gate"] : ["input", "output"]).map((one) => [weights, one]),
  );
  const found = result.similarity_tests
    .filter(({ head_vector }) => head_vector === "linear_weights")
    .map(({ weights, comparison }) => [weights, comparison])
    .filter(([, comparison]) => ["input", "output", "gate"].includes(comparison));
  assert.deepEqual(found, kinds);
}

/** Every table and figure has the gate. */
function checkShown(result: LinearWeightsResult, isGated: boolean) {
  const hasGate = (value: unknown) => JSON.stringify(value).includes("W_gate[:, n]");
  const figures = Object.entries(linearWeightsFigures(result));
  for (const [name, figure] of figures) assert.equal(hasGate(figure), isGated, name);
  for (const rows of [
    listSimilarities(result),
    listSimilarities(result, "raw"),
    listMostSimilar(result),
    listDecompositions(result),
    linearWeightsFindings(result),
  ]) {
    assert.equal(hasGate(rows), isGated);
  }
}

function checkWords(
  { warnings, processed_and_raw }: LinearWeightsResult,
  family: string,
  isGated: boolean,
) {
  const said = (pattern: RegExp) => warnings.some((warning) => pattern.test(warning));
  assert.equal(said(/two input vectors/), isGated);
  // The gated families are those with RMS norms.
  assert.equal(said(/RMS norms take off no mean/), isGated);
  assert.equal(said(/passes the norm ln2_post/), family === "gemma2");
  assert.equal(/centring/.test(processed_and_raw), !isGated && /head was trained/.test(processed_and_raw)); // biome-ignore format: one claim
  assert.equal(/RMS norm takes off no mean/.test(processed_and_raw), isGated);
  assert.equal(/gate -?0?\.?\d/.test(processed_and_raw), isGated);
}
