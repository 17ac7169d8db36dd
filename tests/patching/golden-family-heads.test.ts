import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { patchHead } from "../../src/patching/head-experiment";
import type { Patch } from "../../src/patching/patch-kinds";
import { scalingExperiment } from "../../src/patching/scaling-experiment";
import { fixture, type Runs, relativeToLargest } from "../golden";

// Expected numbers: heads on tiny random models, run by PyTorch and TransformerLens 3 (tests/fixtures/arch).
const FAMILIES = [
  ...["gpt_neox", "gpt_neox_sequential", "llama", "llama_rope_scaled", "mistral", "qwen2"],
  ...["qwen3", "gpt_neo", "opt", "gemma", "gemma2", "phi"],
];
const TOLERANCE = 1e-4;

interface Golden {
  readonly sequences: number[][];
  readonly heads: Readonly<
    Record<
      string,
      {
        readonly dir: string;
        readonly hook: string;
        readonly baseline: Runs;
        readonly experiments: readonly (Runs & { readonly patch: Patch })[];
      }
    >
  >;
}

for (const family of FAMILIES) {
  const { sequences, heads }: Golden = JSON.parse(
    readFileSync(fixture("arch", family, "golden.json"), "utf8"),
  );

  describe(`heads on ${family}`, () => {
    let model: HookedTransformer;
    before(async () => {
      model = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
    });
    after(() => model.dispose());

    for (const [name, expected] of Object.entries(heads)) {
      it(`${name}: baseline and patched runs are those of PyTorch`, async () => {
        const head = await openHead(fixture("arch", family, expected.dir), { base: model });
        const tensors = tf.memory().numTensors;
        assert.equal(head.hook, expected.hook);
        const patches = expected.experiments.map(({ patch }) => patch);
        const { baseline, patched } = await patchHead(head, sequences, patches);
        agree(baseline, expected.baseline, "baseline");
        assert.equal(patched.length, 3);
        patched.forEach((run, i) => {
          agree(run, expected.experiments[i], String(run.patch));
        });
        const { scaling } = await scalingExperiment(head, sequences, { factors: [0, 2] });
        scaling.forEach((run, i) => {
          agree(run, expected.experiments[i], `factor ${run.patch[1]}`);
        });
        assert.equal(tf.memory().numTensors, tensors, "tensors leaked");
      });
    }
  });
}

function agree(actual: Runs, expected: Runs, what: string) {
  for (const key of ["activation", "prediction"] as const) {
    const error = relativeToLargest(actual[key], expected[key]);
    assert.ok(error < TOLERANCE, `${what}: ${key} is off by ${error}`);
  }
}
