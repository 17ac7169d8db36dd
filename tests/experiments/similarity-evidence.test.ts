import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openCheckpoint } from "../../src/checkpoints/open-checkpoint";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import type { LinearWeightsResult } from "../../src/experiments/linear-weights/result";
import type { SimilarityTest } from "../../src/experiments/linear-weights/similarity-evidence";
import { bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { benjaminiHochberg } from "../../src/stats/benjamini-hochberg";
import { cosineSimilarity } from "../../src/stats/cosine-similarity";
import { holm } from "../../src/stats/holm";
import { fixture, golden } from "../golden";

const { heads, sequences } = golden();

describe("similarities and their nulls", () => {
  let model: HookedTransformer;
  before(async () => {
    model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => model.dispose());

  const analysed = async (name: string) => {
    const head = bindHead(await loadHead(fixture("golden-a", heads[name].dir)), model);
    return analyzeLinearWeights(head, { prompts: sequences, randomVectors: 200 });
  };
  const find = (
    { similarity_tests }: LinearWeightsResult,
    wanted: Partial<SimilarityTest>,
  ): SimilarityTest => {
    const found = similarity_tests.filter((test) =>
      Object.entries(wanted).every(([key, value]) => test[key as keyof SimilarityTest] === value),
    );
    assert.equal(found.length, 1, JSON.stringify(wanted));
    return found[0];
  };

  /** `[neuron][d_model]` of TransformerLens's matrices. */
  async function vectors(file: string, layer: number, comparison: "input" | "output") {
    const source = await openCheckpoint(fixture("golden-a", file));
    const name = comparison === "input" ? "W_in" : "W_out";
    const { data, shape } = source.read(`blocks.${layer}.mlp.${name}`);
    source.close();
    const { d_model, d_mlp } = model.cfg;
    const at = (neuron: number, j: number) =>
      comparison === "input" ? j * shape[1] + neuron : neuron * shape[1] + j;
    return Array.from({ length: d_mlp }, (_, neuron) =>
      Array.from({ length: d_model }, (__, j) => Number(data[at(neuron, j)])),
    );
  }

  for (const weights of ["processed", "raw"] as const) {
    it(`${weights}: cosines, rank and the ten most similar, from TransformerLens's weights`, async () => {
      const result = await analysed("regression_linear");
      const file = weights === "raw" ? "weights_unprocessed" : "weights_processed";
      for (const comparison of ["input", "output"] as const) {
        const rows = await vectors(`${file}.safetensors`, result.target_layer, comparison);
        const cosines = rows.map((row) => cosineSimilarity(result.linear_weights, row)!);
        const own = cosines[result.target_neuron];
        const test = find(result, { head_vector: "linear_weights", comparison, weights });
        assert.ok(Math.abs(test.cosine! - own) < 1e-5);
        const sorted = [...cosines.keys()].sort(
          (a, b) => Math.abs(cosines[b]) - Math.abs(cosines[a]),
        );
        assert.equal(test.other_neurons.rank, 1 + sorted.indexOf(result.target_neuron));
        assert.equal(test.other_neurons.of, rows.length);
        assert.deepEqual(
          test.other_neurons.most_similar.map(({ neuron }) => neuron),
          sorted.slice(0, 10),
        );
      }
    });
  }

  it("a residual-stream target is compared with its coordinate and its read direction, under every null", async () => {
    const result = await analysed("regression_linear");
    for (const comparison of ["basis_vector", "read_direction"] as const) {
      const test = find(result, { comparison });
      assert.equal(test.cosine, result.similarities[comparison]);
      assert.equal(test.other_neurons.of, model.cfg.d_model);
      assert.equal(test.shuffled_coordinates.n, 200);
    }
  });

  it("classification: the centred class sum beside the plain one; token: the unembedding", async () => {
    const classes = await analysed("classification_hidden");
    const centred = find(classes, { head_vector: "linear_weights_centred", comparison: "input" });
    assert.equal(centred.cosine, classes.similarities.centred_with_input);
    assert.ok(
      Math.abs(
        centred.cosine! -
          cosineSimilarity(classes.linear_weights_centred!, classes.mlp_input_weights!)!,
      ) < 1e-12,
    );
    const token = await analysed("token");
    assert.equal(
      find(token, { head_vector: "linear_weights_unembed", comparison: "output" }).cosine,
      token.similarities.unembed_with_output,
    );
  });

  it("p-values are adjusted over the similarities that are read under one null", async () => {
    const { tests } = await analysed("regression_linear");
    const families = new Set(tests.map(({ family }) => family));
    assert.equal(families.size, 8);
    assert.ok(families.has("other_neurons, raw weights"));
    for (const family of families) {
      const ofFamily = tests.filter((test) => test.family === family);
      const pValues = ofFamily.map(({ p_value }) => p_value);
      assert.deepEqual(
        ofFamily.map((test) => test.holm),
        holm(pValues),
      );
      assert.deepEqual(
        ofFamily.map((test) => test.benjamini_hochberg),
        benjaminiHochberg(pValues),
      );
    }
  });

  it("a linear head's gradient is its linear weights, everywhere", async () => {
    const { gradient, linear_weights, similarity_tests } = await analysed("regression_linear");
    assert.equal(gradient.prompts.length, sequences.length);
    assert.ok(Math.abs(gradient.coherence! - 1) < 1e-12);
    gradient.mean!.forEach((value, j) => {
      assert.ok(Math.abs(value - linear_weights[j]) < 1e-12);
    });
    assert.ok(Math.abs(gradient.linear_r_squared.linear_weights! - 1) < 1e-9);
    assert.ok(similarity_tests.every(({ head_vector }) => head_vector !== "mean_gradient"));
  });

  it("a hidden layer bends: the gradient varies, and is compared in its own right", async () => {
    const result = await analysed("regression_hidden_gelu");
    const { gradient } = result;
    assert.ok(gradient.coherence! > 0 && gradient.coherence! < 1 - 1e-6);
    assert.equal(gradient.cosine_with_linear_weights.by_prompt.length, sequences.length);
    const test = find(result, { head_vector: "mean_gradient", comparison: "input" });
    assert.equal(test.cosine, cosineSimilarity(gradient.mean!, result.mlp_input_weights!));
  });

  it("contributions of all coordinates add up to each similarity", async () => {
    const { decompositions, sim_with_input } = await analysed("regression_linear");
    assert.equal(decompositions[0].cosine, sim_with_input);
    for (const { top, rest, cosine } of decompositions) {
      const sum = top.reduce((total, { contribution }) => total + contribution, rest!);
      assert.ok(Math.abs(sum - cosine!) < 1e-9);
    }
  });

  it("the provenance names libraries, files and streams", async () => {
    const { provenance } = await analysed("regression_linear");
    for (const name of ["@tensorflow/tfjs-core", "simple-statistics", "cephes", "pure-rand"]) {
      assert.match(provenance.libraries[name], /^\d+\.\d+\.\d+/);
    }
    assert.deepEqual(Object.keys(provenance.base_model_files), [
      "config.json",
      "model.safetensors",
    ]);
    assert.equal(provenance.base_model_sha256, provenance.base_model_files["model.safetensors"]);
    assert.match(provenance.head_config_sha256, /^[0-9a-f]{64}$/);
    assert.ok(provenance.random_streams.includes("random-baseline"));
    assert.equal(new Set(provenance.random_streams).size, provenance.random_streams.length);
  });
});
