import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, relativeToLargest } from "../golden";
import { run, runJson } from "./run";

// Expected numbers: transformers 5.18, TransformerLens 3 and PyTorch (tests/fixtures/arch).
const TOLERANCE = 1e-4;
const folder = temporaryFolder();

for (const family of ARCHITECTURES) {
  const { sequences, heads, tl_cfg } = goldenArchitecture(family);
  const base = ["--base", fixture("arch", family, "base-model")];
  const prompts = ["--prompts", put(folder, `${family}.json`, JSON.stringify(sequences))];

  for (const [name, expected] of Object.entries(heads)) {
    const dir = fixture("arch", family, expected.dir);
    const onPrompts = [dir, ...base, ...prompts];

    it(`${family}, ${name}: weights, patch and sweep`, async () => {
      const weights = await runJson("weights", ...onPrompts);
      assert.equal(typeof weights.sim_with_input, "number");
      assert.equal(typeof weights.sim_with_gate, tl_cfg.gated_mlp ? "number" : "undefined");
      const patches = expected.experiments.map(({ patch }) => ["--patch", patch.join(":")]);
      const patched = await runJson("patch", ...onPrompts, ...patches.flat());
      for (const key of ["activation", "prediction"] as const) {
        const error = (found: number[], right: number[]) => relativeToLargest(found, right);
        assert.ok(error(patched.baseline[key], expected.baseline[key]) < TOLERANCE);
        expected.experiments.forEach((one, i) => {
          assert.ok(error(patched.experiments[i][key], one[key]) < TOLERANCE, String(one.patch));
        });
      }
      const { target } = await runJson("sweep", ...onPrompts);
      // The sweep sets the target to 0 on the same prompts.
      const [zero] = expected.experiments;
      assert.deepEqual(zero.patch, ["scale", 0]);
      const changes = zero.prediction.map((value, i) => value - expected.baseline.prediction[i]);
      const mean = changes.reduce((sum, value) => sum + Math.abs(value), 0) / changes.length;
      assert.ok(Math.abs(target.mean_abs_change - mean) < 1e-4 * Math.max(1, mean));
    });
  }

  it(`${family}: the summaries are printed`, async () => {
    const dir = fixture("arch", family, heads.regression_post.dir);
    const { code, stdout } = await run("weights", dir, ...base);
    assert.equal(code, 0);
    assert.equal(/^MLP gate weights W_gate\[:, n\] +-?\d/m.test(stdout), !!tl_cfg.gated_mlp);
    assert.equal(/^with the MLP gate weights +-?\d/m.test(stdout), !!tl_cfg.gated_mlp);
  });
}

describe("tslens train-head on token ids", () => {
  const texts = Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: 2 + (i % 7) }, (__, j) => (i * 7919 + j * 104729 + i * i * 31) % 118),
  );
  const file = put(folder, "texts.json", JSON.stringify(texts));
  const cache = process.env.TSLENS_CACHE;
  before(() => {
    process.env.TSLENS_CACHE = temporaryFolder();
  });
  after(() => {
    if (cache === undefined) delete process.env.TSLENS_CACHE;
    else process.env.TSLENS_CACHE = cache;
  });

  for (const family of ARCHITECTURES) {
    it(family, async () => {
      const { directory, config, metrics } = await runJson(
        ...["train-head", "--base", fixture("arch", family, "base-model"), "--layer", "1"],
        ...["--neuron", "3", "--feature-layer", "1", "--texts", file],
        ...["--out", join(folder, `heads-${family}`)],
      );
      assert.equal(metrics.texts.count, texts.length);
      assert.equal(config.target_neuron, 3);
      // Ridge regression on the block that is read sees the coordinate itself among others.
      assert.ok(
        metrics.best_model_metrics.train.r2 > 0.5,
        `${metrics.best_model_metrics.train.r2}`,
      );
      const { direct_effect, baseline } = await runJson(...["patch", directory, "--prompts", file]);
      assert.ok(baseline.correlation > 0.5, `${baseline.correlation}`);
      assert.ok(direct_effect.closed_form.largest_error < 1e-4);
    });
  }
});
