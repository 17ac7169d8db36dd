import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, type GoldenHead, golden, relativeToLargest } from "../golden";
import { run, runJson } from "./run";

// Expected numbers: PyTorch 2.13, TransformerLens 3 and scikit-learn (golden-a/golden.json).
const TOLERANCE = 1e-4;
const BASE = ["--base", fixture("golden-a", "base-model")];
const { heads, sequences, scale_factors } = golden();
const folder = temporaryFolder();
const PROMPTS = ["--prompts", put(folder, "prompts.json", JSON.stringify(sequences))];

describe("tslens patch --json", () => {
  for (const [name, expected] of Object.entries(heads)) {
    it(name, async () => {
      const patches = expected.experiments.flatMap(({ patch }) => ["--patch", patch.join(":")]);
      const factors = ["--factors", scale_factors.join(",")];
      const dir = fixture("golden-a", expected.dir);
      const result = await runJson("patch", dir, ...BASE, ...PROMPTS, ...patches, ...factors);
      assert.equal(result.hook, expected.hook);
      sameRun(result.baseline, expected.baseline, "baseline");
      near(result.baseline.correlation, expected.baseline.correlation, "correlation");
      for (const kind of ["experiments", "scaling"] as const) {
        assert.equal(result[kind].length, expected[kind].length);
        expected[kind].forEach((run, i) => {
          assert.deepEqual(result[kind][i].patch, run.patch);
          sameRun(result[kind][i], run, `${kind} ${run.patch.join(" ")}`);
        });
      }
      for (const key of ["slope", "intercept", "r_squared"] as const) {
        near(result.regression[key], expected.regression[key], key);
        assert.equal(result[key], result.regression[key]);
      }
      expected.per_input.forEach((fit, i) => {
        for (const key of ["slope", "intercept", "r2"] as const) {
          near(result.per_input[i][key], fit[key], `${key} of prompt ${i}`);
        }
      });
      assert.deepEqual(
        result.prompts.map(({ tokens }: { tokens: number[] }) => tokens),
        sequences,
      );
    });
  }

  it("without options: zero-ablation and five factors", async () => {
    const dir = fixture("golden-a", heads.regression_linear.dir, "final_model");
    const result = await runJson("patch", dir, ...BASE, ...PROMPTS);
    assert.deepEqual(
      result.experiments.map(({ patch }: { patch: unknown }) => patch),
      [["set", 0]],
    );
    assert.deepEqual(result.scale_factors, [0, 0.5, 1, 1.5, 2]);
    assert.equal(result.model_path, dir);
  });

  it("factors may be negative, patches without a number", async () => {
    const dir = fixture("golden-a", heads.regression_linear.dir);
    const patches = ["--patch", "mean", "--patch", "resample", "--patch", "zero"];
    const result = await runJson(
      ...["patch", dir, ...BASE, ...PROMPTS, ...patches, "--factors", "-1,.5"],
    );
    assert.deepEqual(result.scale_factors, [-1, 0.5]);
    const { activation } = result.baseline;
    const [mean, resample] = result.experiments;
    assert.equal(new Set(mean.activation).size, 1);
    assert.deepEqual(resample.activation, [...activation.slice(1), activation[0]]);
  });
});

describe("tslens patch", () => {
  it("--no-controls leaves out other neurons and heads; --seed draws anew", async () => {
    const dir = fixture("golden-a", heads.regression_linear.dir);
    const plain = ["patch", dir, ...BASE, ...PROMPTS, "--no-controls"];
    const [first, other] = [await runJson(...plain), await runJson(...plain, "--seed", "1")];
    assert.equal(first.controls.neurons.reason, "not asked for");
    assert.equal(other.provenance.seed, 1);
    assert.equal(other.slope, first.slope);
    type Test = { null_hypothesis: string; p_value: number };
    const p = ({ evidence }: typeof first) =>
      evidence.tests.find((test: Test) => test.null_hypothesis === "prompts_exchangeable").p_value;
    assert.notEqual(p(other), p(first));
  });

  const dir = fixture("golden-a", heads.regression_pos.dir);

  it("prints a summary; --out writes the result and its figures", async () => {
    const out = join(folder, "results");
    // Intervals take eight prompts.
    const eight = [...sequences, [1, 2, 3], [4, 5, 6, 7]];
    const prompts = ["--prompts", put(folder, "eight.json", JSON.stringify(eight))];
    const { code, stdout, stderr } = await run("patch", dir, ...BASE, ...prompts, "--out", out);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, /^engine +\S/m);
    assert.match(stdout, /^scale 1 +0 +0$/m);
    assert.match(stdout, /^scaled, without unchanged points +-?\d\S* \[-?\d\S*, -?\d\S*\]/m);
    assert.match(stdout, /^heads on shuffled labels: none: there is no training_metrics\.json/m);
    const result = JSON.parse(readFileSync(join(out, "activation_patching_1_9.json"), "utf8"));
    assert.equal(result.scaling.length, 5);
    const files = readdirSync(out, { recursive: true, encoding: "utf8" });
    for (const figure of [
      "scaling_experiment",
      "pred_vs_act_change_all",
      "pred_vs_act_regression",
      "per_input_sensitivity",
      "slope_evidence",
      "direct_and_total",
    ]) {
      assert.ok(
        files.some((file) => file.endsWith(`${figure}.html`)),
        figure,
      );
    }
  });
});

function sameRun(
  actual: { activation: number[]; prediction: number[] },
  expected: GoldenHead["baseline"] | GoldenHead["scaling"][number],
  what: string,
) {
  for (const key of ["activation", "prediction"] as const) {
    const error = relativeToLargest(actual[key], expected[key]);
    assert.ok(error < TOLERANCE, `${key} of ${what} is off by ${error}`);
  }
}

function near(actual: number | null, expected: number, what: string) {
  const close =
    actual !== null && Math.abs(actual - expected) < TOLERANCE * Math.max(1, Math.abs(expected));
  assert.ok(close, `${what}: ${actual} is not ${expected}`);
}
