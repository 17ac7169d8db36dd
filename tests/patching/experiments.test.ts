import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import ts from "typescript";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { ablate } from "../../src/patching/ablate";
import {
  attributionPatching,
  type DifferentiableMetric,
  sweepCorrelation,
} from "../../src/patching/attribution-patching";
import { everyLayer, neuronSweep } from "../../src/patching/neuron-sweep";
import { patch } from "../../src/patching/patch";
import { pathPatching } from "../../src/patching/path-patching";
import type { Variant } from "../../src/patching/place";
import { metricReadout } from "../../src/patching/readout";
import type { Progress } from "../../src/progress/progress";
import { silentProgress } from "../../src/progress/progress";
import { linearHead } from "./linear-head";
import { randomModel } from "./random-model";
import {
  gpt2Rules,
  type Plain,
  type PlainWeights,
  plainWeights,
  straightForward,
} from "./straight-forward";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 11, d_vocab: 15, n_ctx: 12 };
const D = SIZES.heads * SIZES.d_head;
const PROMPTS = [
  [3, 1, 4, 1, 5],
  [9, 2, 6],
  [5, 3, 5, 8, 9, 7],
];

describe("experiments made of patches", () => {
  let model: HookedTransformer;
  let weights: PlainWeights;
  let head: BoundHead;
  let headWeights: Float32Array;
  let tensors: number;

  before(async () => {
    model = await randomModel(SIZES, 21);
    weights = plainWeights(model);
    const made = linearHead({
      layerType: "post",
      layer: 1,
      neuron: 3,
      featureLayer: 2,
      d_model: D,
    });
    head = bindHead(made.files, model);
    headWeights = made.weights;
    tensors = tf.memory().numTensors;
  });
  after(() => {
    assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
    model.dispose();
  });

  const last = ({ shape, data }: Plain) => [...data.slice(data.length - data.length / shape[0])];
  const predict = (run: Map<string, Plain>) =>
    last(run.get("blocks.2.hook_resid_post")!).reduce(
      (sum, value, i) => sum + value * headWeights[i],
      0.25,
    );
  const near = (actual: number, expected: number, what: string) =>
    assert.ok(
      Math.abs(actual - expected) < 2e-5 * Math.max(1, Math.abs(expected)),
      `${what}: ${actual} is not ${expected}`,
    );

  describe("neuronSweep", () => {
    const ablated = (prompt: number, hook: string, neuron: number) =>
      predict(
        straightForward(gpt2Rules(model), weights, PROMPTS[prompt], {
          [hook]: ({ data }) => {
            data[data.length - SIZES.d_mlp + neuron] = 0;
          },
        }),
      ) - predict(straightForward(gpt2Rules(model), weights, PROMPTS[prompt]));

    it("equals full runs, for every neuron of every layer", async () => {
      const result = await neuronSweep(model, PROMPTS, {
        read: head,
        hooks: everyLayer("post", model),
      });
      assert.equal(result.isComplete, true);
      assert.equal(result.swept.length, SIZES.layers);
      for (const { hook, changes } of result.swept) {
        changes.forEach((ofNeuron, neuron) => {
          ofNeuron!.forEach((change, prompt) => {
            near(change, ablated(prompt, hook, neuron), `${hook} ${neuron}, prompt ${prompt}`);
          });
        });
      }
      PROMPTS.forEach((tokens, prompt) => {
        const expected = predict(straightForward(gpt2Rules(model), weights, tokens));
        near(result.baseline[prompt], expected, "baseline");
      });
    });

    it("sweeps the head's own activation unless it is told another", async () => {
      const { swept } = await neuronSweep(model, PROMPTS, { read: head });
      assert.deepEqual(
        swept.map(({ hook, changes }) => [hook, changes.length]),
        [["blocks.1.mlp.hook_post", SIZES.d_mlp]],
      );
    });

    it("stops when it is told to, and goes on where it stopped", async () => {
      const whole = await neuronSweep(model, PROMPTS, { read: head, hooks: [["resid_mid", 1]] });
      const controller = new AbortController();
      const progress: Progress = {
        ...silentProgress,
        update: (done) => done > 0 && controller.abort(),
      };
      const options = { read: head, hooks: [["resid_mid", 1] as const], maxBytes: 10_000 };
      const part = await neuronSweep(model, PROMPTS, {
        ...options,
        progress,
        signal: controller.signal,
      });
      assert.equal(part.isComplete, false);
      const [{ changes }] = part.swept;
      const done = changes.filter((ofNeuron) => ofNeuron !== null).length;
      assert.ok(done < changes.length, "nothing was left to do");
      const rest = await neuronSweep(model, PROMPTS, { ...options, resume: part.swept });
      assert.equal(rest.isComplete, true);
      rest.swept[0].changes.forEach((ofNeuron, neuron) => {
        ofNeuron!.forEach((change, prompt) => {
          near(change, whole.swept[0].changes[neuron]![prompt], `neuron ${neuron}`);
        });
      });
      const again = await neuronSweep(model, PROMPTS, { ...options, resume: rest.swept });
      assert.deepEqual(again.swept, rest.swept);
    });

    it("refuses what has no neurons", async () => {
      await assert.rejects(
        neuronSweep(model, PROMPTS, { read: head, hooks: [["pattern", 1]] }),
        /has no neurons at a position/,
      );
      await assert.rejects(
        neuronSweep(model, PROMPTS, { read: head, hooks: [] }),
        /no activation to sweep/,
      );
      const resume = [{ hook: "blocks.1.mlp.hook_post", changes: [[1, 2, 3]] }];
      await assert.rejects(neuronSweep(model, PROMPTS, { read: head, resume }), /another model/);
    });
  });

  describe("attributionPatching", () => {
    it("is the derivative of the exact change", async () => {
      // Central differences of the independent float64 model.
      const step = 1e-4;
      const hooks = [["post", 0], ["resid_mid", 1], ["z", 2], "embed"] as const;
      const names = ["blocks.0.mlp.hook_post", "blocks.1.hook_resid_mid", "blocks.2.attn.hook_z"];
      const { attributed } = await attributionPatching(model, PROMPTS, {
        read: head,
        hooks: hooks.slice(0, 3),
        patch: ["add", 1],
      });
      assert.deepEqual(
        attributed.map(({ hook }) => hook),
        names,
      );
      for (const { hook, changes } of attributed) {
        changes.forEach((ofNeuron, neuron) => {
          ofNeuron.forEach((change, prompt) => {
            const at = (by: number) =>
              predict(
                straightForward(gpt2Rules(model), weights, PROMPTS[prompt], {
                  [hook]: ({ data }) => {
                    data[data.length - changes.length + neuron] += by;
                  },
                }),
              );
            near(change, (at(step) - at(-step)) / (2 * step), `${hook} ${neuron}`);
          });
        });
      }
    });

    it("is exact where nothing bends, and says how well it agrees with the sweep", async () => {
      const hooks = everyLayer("post", model);
      const estimate = await attributionPatching(model, PROMPTS, { read: head, hooks });
      const exact = await neuronSweep(model, PROMPTS, { read: head, hooks });
      exact.swept[2].changes.forEach((ofNeuron, neuron) => {
        ofNeuron!.forEach((change, prompt) => {
          near(estimate.attributed[2].changes[neuron][prompt], change, `neuron ${neuron}`);
        });
      });
      const correlations = sweepCorrelation(estimate, exact);
      near(correlations[2]!, 1, "correlation");
      assert.ok(correlations[0]! > 0.5 && correlations[0]! < 1, `${correlations[0]}`);
    });

    it("differentiates a metric on the logits", async () => {
      const metric: DifferentiableMetric = (logits) =>
        tf.sum(tf.slice(logits, [0, 0, 2], [-1, 1, 1]));
      const { attributed } = await attributionPatching(model, PROMPTS, {
        read: metric,
        hooks: [["mlp_out", 2]],
        patch: ["add", 1e-2],
      });
      const result = await patch(
        model,
        PROMPTS,
        [{ hook: ["mlp_out", 2], index: 4, patch: ["add", 1e-2] }],
        { read: "unembed.hook_out" },
      );
      PROMPTS.forEach((_, prompt) => {
        const [before, after] = [result.clean[prompt], result.patched[0][prompt]!].map(
          (reading) => reading["unembed.hook_out"][2],
        );
        const estimated = attributed[0].changes[4][prompt];
        assert.ok(Math.abs(estimated - (after - before)) < 1e-4, `${estimated}, ${after - before}`);
      });
    });
  });

  describe("ablate", () => {
    const at = { hook: ["z", 1] as const, head: 1 };
    const size = SIZES.d_head;
    const lastOfHead = (run: Map<string, Plain>) =>
      last(run.get("blocks.1.attn.hook_z")!).slice(size);
    const setTo = (prompt: number, values: readonly number[]) =>
      predict(
        straightForward(gpt2Rules(model), weights, PROMPTS[prompt], {
          "blocks.1.attn.hook_z": ({ data }) => {
            data.set(values, data.length - size);
          },
        }),
      );

    it("zeroes, and puts in the mean or another value of reference prompts", async () => {
      const reference = [[1, 2, 3, 4], [7], [8, 9]];
      const known = reference.map((tokens) =>
        lastOfHead(straightForward(gpt2Rules(model), weights, tokens)),
      );
      const mean = known[0].map((_, i) => known.reduce((sum, row) => sum + row[i], 0) / 3);
      const options = { read: head, reference } as const;
      const zeroed = await ablate(model, PROMPTS, [at], { ...options, kind: "zero" });
      const meaned = await ablate(model, PROMPTS, [at], { ...options, kind: "mean" });
      const resampled = await ablate(model, PROMPTS, [[at]], {
        ...options,
        kind: "resample",
        seed: 5,
      });
      PROMPTS.forEach((_, prompt) => {
        near(zeroed.patched[0][prompt]!, setTo(prompt, [0, 0, 0, 0]), "zero");
        near(meaned.patched[0][prompt]!, setTo(prompt, mean), "mean");
        const source = resampled.sources![prompt];
        near(resampled.patched[0][prompt]!, setTo(prompt, known[source]), "resample");
      });
      const again = await ablate(model, PROMPTS, [at], { ...options, kind: "resample", seed: 5 });
      assert.deepEqual(again.patched, resampled.patched);
    });

    it("takes a set of places out together", async () => {
      const both = [0, 1].map((h) => ({ hook: ["z", 1] as const, head: h }));
      const { patched } = await ablate(model, PROMPTS, [both], { read: head });
      const expected = predict(
        straightForward(gpt2Rules(model), weights, PROMPTS[0], {
          "blocks.1.attn.hook_z": ({ data }) => data.fill(0, data.length - D),
        }),
      );
      near(patched[0][0]!, expected, "both heads");
    });
  });

  describe("pathPatching", () => {
    const prompts = [
      [3, 1, 4, 1],
      [2, 7, 1, 8],
    ];
    const sources = [
      [5, 3, 5, 8],
      [9, 7, 9, 3],
    ];
    const metric = (logits: tf.Tensor3D) => tf.mean(tf.slice(logits, [0, 3, 6], [-1, 1, 1]));
    const logitOf = (runs: Map<string, Plain>[]) =>
      runs.reduce((sum, run) => sum + last(run.get("unembed.hook_out")!)[6], 0) / runs.length;

    for (const freezeMlps of [true, false]) {
      it(`equals two full runs, MLPs ${freezeMlps ? "held" : "free"}`, async () => {
        const senders = [0, 1].map((h) => ({
          hook: ["z", 0] as const,
          pos: "all" as const,
          head: h,
        }));
        const receivers = [{ hook: ["q", 2] as const, pos: "all" as const, head: 1 }];
        const result = await pathPatching(model, prompts, sources, {
          senders,
          receivers,
          metric,
          freezeMlps,
        });
        const clean = prompts.map((tokens) => straightForward(gpt2Rules(model), weights, tokens));
        near(result.baseline, logitOf(clean), "baseline");
        for (const sender of [0, 1]) {
          const runs = prompts.map((tokens, i) => {
            const source = straightForward(gpt2Rules(model), weights, sources[i]);
            const hold =
              (hook: string) =>
              ({ data }: Plain) =>
                data.set(clean[i].get(hook)!.data);
            const held = ["blocks.1.hook_attn_out", "blocks.2.hook_attn_out"].concat(
              freezeMlps ? [0, 1, 2].map((layer) => `blocks.${layer}.hook_mlp_out`) : [],
            );
            const first = straightForward(gpt2Rules(model), weights, tokens, {
              ...Object.fromEntries(held.map((hook) => [hook, hold(hook)])),
              "blocks.0.attn.hook_z": ofHead(source.get("blocks.0.attn.hook_z")!, sender),
            });
            return straightForward(gpt2Rules(model), weights, tokens, {
              "blocks.2.attn.hook_q": ofHead(first.get("blocks.2.attn.hook_q")!, 1),
            });
          });
          near(result.patched[sender], logitOf(runs), `sender ${sender}`);
        }
      });
    }

    /** Gives one head of `[pos, head, d_head]` the values of another run. */
    function ofHead(other: Plain, h: number): (activation: Plain) => void {
      return ({ data }) => {
        for (let i = 0; i < data.length; i++) {
          if (Math.floor(i / SIZES.d_head) % SIZES.heads === h) data[i] = other.data[i];
        }
      };
    }

    it("refuses paths that go backward, and prompts that do not match", async () => {
      const q = { hook: ["q", 1] as const };
      const run = (senders: object[], receivers: object[], from = sources) =>
        pathPatching(model, prompts, from, { senders, receivers, metric } as never);
      await assert.rejects(run([q], [{ hook: ["resid_pre", 1] }]), /before a sender/);
      await assert.rejects(run([q], []), /no receiver/);
      await assert.rejects(run([q], [q], [[1, 2]]), /do not match/);
    });
  });

  it("the example of docs/patching.md runs", async () => {
    const page = readFileSync(join(__dirname, "..", "..", "docs", "patching.md"), "utf8");
    const [, code] = /```ts\nimport .*\n([\s\S]*?)```/.exec(page)!;
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction(
      "HookedTransformer",
      "patch",
      `${outputText} return [model, patched[0][1]];`,
    );
    const [bundled, reading] = await run(HookedTransformer, patch);
    bundled.dispose();
    assert.equal(reading["blocks.3.hook_resid_post"].length, 128);
  });

  describe("patch refuses or says", () => {
    const read = ["resid_post", -1] as const;
    const run = (variants: Variant[], options: object = {}) =>
      patch(model, PROMPTS, variants, { read, ...options } as never);

    it("what is not there", async () => {
      const zero = ["zero"] as const;
      const cases: [Variant[], RegExp][] = [
        [[], /no variant/],
        [[[]], /variant 0 patches nothing/],
        [[{ hook: "blocks.1.mlp.hook_pst" as never, patch: zero }], /blocks\.1\.mlp\.hook_post/],
        [[{ hook: ["post", 7], patch: zero }], /layer/],
        [[{ hook: ["post", 1], index: 11, patch: zero }], /no such index.*0 to 10/],
        [[{ hook: ["post", 1], index: 1.5, patch: zero }], /no such index/],
        [[{ hook: ["post", 1], head: 0, patch: zero }], /has no heads/],
        [[{ hook: ["z", 1], head: 2, patch: zero }], /no such head/],
        [[{ hook: ["z", 1], head: 0, index: 4, patch: zero }], /no such index/],
        [[{ hook: ["post", 1], pos: 3, patch: zero }], /prompt 1 has no position 3/],
        [[{ hook: ["post", 1], pos: -4, patch: zero }], /prompt 1 has no position -4/],
        [[{ hook: ["post", 1], pos: "first" as never, patch: zero }], /not a position/],
        [[{ hook: ["post", 1], patch: ["set", Number.NaN] }], /not a patch/],
        [[{ hook: ["post", 1], patch: ["set", [1, 2]] }], /another length/],
        [[{ hook: ["post", 1], patch: ["set", Array(11).fill(Infinity)] }], /cannot be set/],
        [[{ hook: ["post", 1], patch: ["double", 1] as never }], /not a patch/],
        [
          [
            [1, 2].map(
              (value) => ({ hook: ["post", 1], index: 2, patch: ["set", value] }) as const,
            ),
          ],
          /same place twice/,
        ],
        [[{ hook: ["post", 1], pos: "all", patch: ["resample", 1] }], /same length/],
      ];
      for (const [variants, message] of cases) {
        await assert.rejects(run(variants), message, String(message));
      }
      const one = { hook: ["post", 1] as const, index: 1, patch: ["resample", 1] as const };
      await assert.rejects(
        patch(model, [[1, 2]], [one], { read: ["resid_post", 1] }),
        /needs another prompt/,
      );
      await assert.rejects(run([one], { maxBytes: 0 }), /amount of memory/);
      await assert.rejects(run([one], { read: ["mlp_out", 9] }), /layer/);
      await assert.rejects(
        run([one], { read: metricReadout(() => 1, 3, "all") }),
        /take[s]? all prompts together/,
      );
    });

    it("that a patch after what is read changes nothing", async () => {
      const { clean, patched, warnings } = await patch(
        model,
        PROMPTS,
        [{ hook: ["post", 2], index: 1, patch: ["set", 9] }],
        { read: ["resid_mid", 2] },
      );
      assert.deepEqual(patched[0], clean);
      assert.match(
        warnings[0],
        /blocks\.2\.mlp\.hook_post is computed after blocks\.2\.hook_resid_mid/,
      );
    });

    it("that factor 1 changes nothing, bit for bit", async () => {
      const { clean, patched, activation } = await run([
        { hook: ["post", 1], index: 1, patch: ["scale", 1] },
        { hook: ["resid_mid", 0], pos: "all", patch: ["scale", 1] },
        { hook: ["post", 1], index: 1, patch: ["set", 2] },
      ]);
      assert.deepEqual(patched[0], clean);
      assert.deepEqual(patched[1], clean);
      assert.notDeepEqual(patched[2], clean);
      assert.equal(activation[0][0]!.clean, activation[0][0]!.patched);
      assert.equal(activation[1][0], null);
      assert.equal(activation[2][1]!.patched, 2);
    });
  });
});
