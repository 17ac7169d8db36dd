import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight, weightNames } from "../../src/model/named-weights";
import { fixture, relativeToLargest } from "../golden";

// Expected numbers: tiny random models run by transformers 5.18 and TransformerLens 3 on PyTorch
// (tests/fixtures/arch). `hook_result` was left out there, and `unembed.hook_out` where it is the logits.
const FAMILIES = [
  ...["gpt_neox", "gpt_neox_sequential", "llama", "llama_rope_scaled", "mistral", "qwen2"],
  ...["qwen3", "gpt_neo", "opt", "gemma", "gemma2", "phi"],
];
const TOLERANCE = 1e-4;

interface Golden {
  readonly sequences: number[][];
  readonly sequences_with_activations: number[];
  readonly hooks_at_19_tokens: Record<string, number[]>;
}

for (const family of FAMILIES) {
  const { sequences, sequences_with_activations, ...golden }: Golden = JSON.parse(
    readFileSync(fixture("arch", family, "golden.json"), "utf8"),
  );
  const file = (name: string) => openSafetensors(fixture("arch", family, `${name}.safetensors`));

  for (const [kind, load] of [
    ["unprocessed", HookedTransformer.fromPretrainedNoProcessing],
    ["processed", HookedTransformer.fromPretrained],
  ] as const) {
    describe(`${family}, ${kind}`, () => {
      let model: HookedTransformer;
      before(async () => {
        model = await load(fixture("arch", family, "base-model"));
      });
      after(() => model.dispose());

      it("has TransformerLens's weights", () => {
        const weights = file(`weights_${kind}`);
        assert.deepEqual([...weightNames(model)].sort(), [...weights.names].sort());
        for (const name of weights.names) {
          const actual = getWeight(model, name);
          const { data, shape } = weights.read(name);
          assert.deepEqual(actual.shape, shape, name);
          const error = relativeToLargest(actual.dataSync(), data as Float32Array);
          assert.ok(error < TOLERANCE, `${name} is off by ${error}`);
          actual.dispose();
        }
      });

      it("has TransformerLens's hooks, in its order", () => {
        const expected = Object.keys(golden.hooks_at_19_tokens);
        const isExtra = (name: string) =>
          name.endsWith("hook_result") || (name === "unembed.hook_out" && !expected.includes(name));
        const names = [...model.hookDict.keys()].filter((name) => !isExtra(name));
        assert.deepEqual(names, expected);
      });

      for (const sequence of sequences_with_activations) {
        const tokens = sequences[sequence];
        it(`has TransformerLens's activations at ${tokens.length} tokens`, () => {
          const expected = file(`activations_${kind}`);
          const before = tf.memory().numTensors;
          const [logits, cache] = model.runWithCache(tokens);
          const names = expected.names
            .filter((name) => name.startsWith(`${sequence}/`))
            .map((name) => name.slice(2));
          const errors = names.map((name) => {
            const actual = name === "logits" ? logits : cache.get(name as never);
            const { data, shape } = expected.read(`${sequence}/${name}`);
            const isFlat = /[qk]_norm\.hook/.test(name);
            assert.deepEqual(actual.shape, isFlat ? shape : [1, ...shape], name);
            return { name, error: relativeToLargest(actual.dataSync(), data as Float32Array) };
          });
          const wrong = errors.filter(({ error }) => !(error < TOLERANCE));
          assert.deepEqual(wrong, []);
          logits.dispose();
          cache.dispose();
          assert.equal(tf.memory().numTensors, before, "tensors leaked");
        });
      }

      if (kind === "processed") return;
      sequences.forEach((tokens, sequence) => {
        it(`has transformers' logits and hidden states at ${tokens.length} tokens`, () => {
          const expected = file("activations_transformers");
          const [logits, cache] = model.runWithCache(tokens);
          const check = (name: string, actual: tf.Tensor) => {
            const { data } = expected.read(`${sequence}/${name}`);
            const error = relativeToLargest(actual.dataSync(), data as Float32Array);
            assert.ok(error < TOLERANCE, `${name} is off by ${error}`);
          };
          check("logits", logits);
          for (let layer = 0; layer < model.cfg.n_layers; layer++) {
            check(`hidden_states.${layer}`, cache.get("resid_pre", layer));
          }
          check(`hidden_states.${model.cfg.n_layers}`, cache.get("unembed.hook_in"));
          logits.dispose();
          cache.dispose();
        });
      });
    });
  }
}
