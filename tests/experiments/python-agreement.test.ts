import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import { serializeResult } from "../../src/experiments/serialize-result";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture } from "../golden";
import { pythonWith } from "../python-with";
import { headOnDisk } from "./head-on-disk";

/** Texts are short: what matters here is that everything is computed from the numbers again. */
const PROMPTS = Array.from({ length: 12 }, (_, i) =>
  Array.from({ length: 3 + (i % 5) }, (__, j) => (i * 17 + j * 29) % 90),
);

describe("whole results, computed again by NumPy, SciPy and statsmodels", () => {
  const folder = temporaryFolder();
  const python = pythonWith("numpy", "scipy", "statsmodels", "safetensors");
  const skip = python
    ? false
    : "no Python with statsmodels and safetensors; TSLENS_PYTHON names one";

  const post = { layer_type: "post", target_layer: 1, target_neuron: 17 };
  const hidden = { layer_type: "mlp_out", target_layer: 2, target_neuron: 5, hidden_dim: 8 };
  for (const [name, model, options] of [
    ["linear", ["golden-a"], post],
    ["hidden", ["golden-a"], hidden],
    ["gated", ["arch", "llama"], post],
    ["gated, hidden", ["arch", "llama"], hidden],
    ["norms behind, inside of one", ["arch", "gemma2"], { ...post, target_neuron: 30 }],
    ["norms behind, after one", ["arch", "gemma2"], hidden],
  ] as const) {
    it(name, { skip }, async () => {
      const base = join(folder, `base-${name}`);
      cpSync(fixture(...model, "base-model"), base, { recursive: true });
      const opened = await HookedTransformer.fromPretrained(base);
      const head = await headOnDisk(join(folder, name), opened, options);
      const files = [join(folder, `${name}-weights.json`), join(folder, `${name}-patching.json`)];
      const weights = await analyzeLinearWeights(head, { prompts: PROMPTS });
      const patching = await analyzeActivationPatching(head, PROMPTS);
      opened.dispose();
      writeFileSync(files[0], serializeResult("linear_weights_analysis", weights));
      writeFileSync(files[1], serializeResult("activation_patching", patching));
      const args = [join(__dirname, "recompute.py"), ...files, base, join(folder, name)];
      const checked = execFileSync(python!, args, { encoding: "utf8" });
      assert.ok(Number(checked) > 80, `${checked} numbers were compared`);
    });
  }
});
