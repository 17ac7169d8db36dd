import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, golden, relativeToLargest } from "../golden";
import { run, runJson } from "./run";

// Expected numbers: PyTorch 2.13, TransformerLens 3 and scikit-learn (golden-a/golden.json).
const TOLERANCE = 1e-4;
const BASE = ["--base", fixture("golden-a", "base-model")];
const { heads } = golden();
const folder = temporaryFolder();

describe("tslens weights --json", () => {
  for (const [name, expected] of Object.entries(heads)) {
    it(name, async () => {
      const dir = fixture("golden-a", expected.dir);
      const result = await runJson("weights", dir, ...BASE);
      assert.equal(result.model_path, dir);
      assert.equal(result.head_type, name.split("_")[0]);
      agree(result.linear_weights, expected.linear_weights, "linear_weights");
      agree([result.sim_with_input], [expected.sim_with_input], "sim_with_input");
      agree([result.sim_with_output], [expected.sim_with_output], "sim_with_output");
      if (expected.sim_unembed_with_input !== undefined) {
        const { unembed_with_input: similarity } = result.similarities;
        agree([similarity], [expected.sim_unembed_with_input], "sim_unembed_with_input");
      }
      for (const vector of ["linear", "mlp_in", "mlp_out"] as const) {
        for (const [key, value] of Object.entries(expected.stats[vector])) {
          const scale = expected.stats[vector].max - expected.stats[vector].min;
          const found = result.stats[vector][key];
          assert.ok(Math.abs(found - value) < TOLERANCE * scale, `${key} of ${vector}: ${found}`);
        }
      }
      // Signs of principal components are arbitrary.
      const magnitudes = (points: number[][]) => points.flat().map(Math.abs);
      agree(magnitudes(result.pca.points), magnitudes(expected.pca.points), "pca");
      agree(
        result.pca.explained_variance_ratio,
        expected.pca.explained_variance_ratio,
        "explained_variance_ratio",
      );
      assert.equal(result.random_baseline.n, 1000);
      assert.equal(result.random_baseline_mean, result.random_baseline.mean);
    });
  }

  it("what of the base model's file is not used is said, and changes nothing", async () => {
    const dir = fixture("golden-a", heads.regression_linear.dir);
    const base = join(folder, "value-head");
    cpSync(fixture("golden-a", "base-model"), base, { recursive: true });
    const file = join(base, "model.safetensors");
    const source = openSafetensors(file);
    const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
    source.close();
    const v_head = { dtype: "float32", shape: [1], data: new Float32Array(1) } as const;
    await writeSafetensors(file, tensors.set("v_head.summary.bias", v_head));
    const result = await runJson("weights", dir, "--base", base);
    assert.equal(result.sim_with_input, (await runJson("weights", dir, ...BASE)).sim_with_input);
    assert.match(
      result.warnings.join("\n"),
      /not used: 1 of \d+ tensors \("v_head\.summary\.bias"\)/,
    );
    const out = join(folder, "activations.safetensors");
    const { code, stderr } = await run("activations", base, "--tokens", "1,2", "--out", out);
    assert.equal(code, 0);
    assert.match(stderr, /^Note: .*model\.safetensors: .* \("v_head\.summary\.bias"\)\n$/);
  });

  it("the seed decides the random baseline", async () => {
    const dir = fixture("golden-a", heads.regression_linear.dir);
    const [first, again, other] = [
      await runJson("weights", dir, ...BASE),
      await runJson("weights", dir, ...BASE, "--seed", "0"),
      await runJson("weights", dir, ...BASE, "--seed", "1"),
    ];
    assert.deepEqual(again.random_baseline, first.random_baseline);
    assert.notEqual(other.random_baseline.mean, first.random_baseline.mean);
  });
});

describe("tslens weights", () => {
  const dir = fixture("golden-a", heads.token.dir);

  it("prints a summary and names the engine", async () => {
    const { code, stdout, stderr } = await run("weights", dir, ...BASE);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, /^engine +\S/m);
    assert.match(stdout, /W_in\[:, n\] +-0\.1727/);
    assert.match(stdout, /rank \d+ of \d+/);
    assert.match(stdout, /^gradient: none: the base model has no tokenizer/m);
    assert.match(stdout, /^Note: mlp_out is a residual-stream quantity/m);
  });

  it("--prompts says where the head's gradient is taken", async () => {
    const { sequences } = golden();
    const file = put(folder, "gradient-prompts.json", JSON.stringify(sequences));
    const { gradient } = await runJson("weights", dir, ...BASE, "--prompts", file);
    assert.equal(gradient.reason, null);
    assert.equal(gradient.prompts.length, sequences.length);
  });

  it("--out writes the result and its figures, and prints the same JSON", async () => {
    const out = join(folder, "results");
    const result = await runJson("weights", dir, ...BASE, "--out", out);
    const written = readFileSync(join(out, "linear_weights_analysis_1_1.json"), "utf8");
    assert.deepEqual(JSON.parse(written), result);
    const files = readdirSync(out, { recursive: true, encoding: "utf8" });
    for (const figure of [
      "weight_similarity_comparison",
      "weight_distributions",
      "weight_vectors_pca",
      "similarity_nulls",
      "weight_contributions",
    ]) {
      assert.ok(
        files.some((file) => file.endsWith(`${figure}.html`)),
        figure,
      );
    }
  });

  it("--out that cannot be a folder is an error, and nothing is printed", async () => {
    const file = put(folder, "a-file", "");
    const { code, stdout, stderr } = await run("weights", dir, ...BASE, "--json", "--out", file);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^tslens: .*a-file.*\n$/);
  });
});

function agree(actual: number[], expected: number[], what: string): void {
  const error = relativeToLargest(actual, expected);
  assert.ok(error < TOLERANCE, `${what} is off by ${error}`);
}
