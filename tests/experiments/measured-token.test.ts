import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { measuredActivations } from "../../src/analysis/measured-activations";
import { listPrompts } from "../../src/analysis/prompt-sets";
import { randomStreams } from "../../src/analysis/random-streams";
import { labelControl } from "../../src/experiments/activation-patching/label-control";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { neuronControl } from "../../src/experiments/activation-patching/neuron-control";
import { quantileExperiment } from "../../src/experiments/activation-patching/quantile-experiment";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import { analyzeNeuronSweep } from "../../src/experiments/neuron-sweep/measure";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { measurePrompts } from "../../src/heads/measured-prompts";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { ablate } from "../../src/patching/ablate";
import { genericActivationPatch } from "../../src/patching/activation-patching";
import { attributionPatching } from "../../src/patching/attribution-patching";
import { cleanRuns } from "../../src/patching/clean-runs";
import { patchHead } from "../../src/patching/head-experiment";
import { neuronSweep } from "../../src/patching/neuron-sweep";
import { patch } from "../../src/patching/patch";
import { pathPatching } from "../../src/patching/path-patching";
import type { Variant } from "../../src/patching/place";
import type { LogitMetric } from "../../src/patching/readout";
import { scalingExperiment } from "../../src/patching/scaling-experiment";
import { silentProgress } from "../../src/progress/progress";
import { headTarget } from "../../src/training/head-target";
import { shuffledLabelHeads } from "../../src/training/shuffled-label-heads";
import { trainHead } from "../../src/training/train-head";
import { trainingData, trainingTexts } from "../../src/training/training-data";
import { writeRandomModel } from "../patching/random-model";
import {
  gpt2Rules,
  type Interventions,
  type Plain,
  type PlainWeights,
  plainWeights,
  straightForward,
} from "../patching/straight-forward";
import { headOnDisk } from "./head-on-disk";

const SIZES = { layers: 3, heads: 2, d_head: 4, d_mlp: 9, d_vocab: 75, n_ctx: 9 };
const D = SIZES.heads * SIZES.d_head;
const HOOK = "blocks.1.mlp.hook_post";
const NEURON: number = 3;
const FEATURES = "blocks.2.hook_resid_post";

const PROMPTS = [
  [3, 1, 4, 1, 5, 9, 2, 6],
  [2, 7, 1, 8],
  [5, 3],
  [9, 7, 9, 3, 2, 3],
];
const REFERENCE = [
  [1, 2, 3, 4, 5],
  [7, 6],
  [8, 9, 1, 2, 3, 4, 5],
];

/**
 * Where `token_pos` lies in each of the prompts and reference prompts, counted by hand: "last" is the
 * last token, a number is clamped to the prompt, a negative one counts from its end (SPEC section 1).
 */
const MEASURED = [
  { token_pos: "last", positions: [7, 3, 1, 5], reference: [4, 1, 6] },
  { token_pos: 3, positions: [3, 3, 1, 3], reference: [3, 1, 3] },
  { token_pos: -2, positions: [6, 2, 0, 4], reference: [3, 0, 5] },
  { token_pos: 50, positions: [7, 3, 1, 5], reference: [4, 1, 6] },
  { token_pos: -50, positions: [0, 0, 0, 0], reference: [0, 0, 0] },
] as const;

const near = (actual: number, expected: number, what: string, tolerance = 2e-5) =>
  assert.ok(
    Math.abs(actual - expected) < tolerance * Math.max(1, Math.abs(expected)),
    `${what}: ${actual} is not ${expected}`,
  );

/** The numbers of an activation at one position. */
function at({ shape, data }: Plain, position: number): number[] {
  const size = data.length / shape[0];
  return [...data.slice(position * size, (position + 1) * size)];
}

/** Changes one number, or all, of an activation at one position. */
function changing(position: number, index: number | null, to: (before: number) => number) {
  return ({ shape, data }: Plain) => {
    const size = data.length / shape[0];
    for (let i = 0; i < size; i++) {
      const place = position * size + i;
      if (index === null || index === i) data[place] = to(data[place]);
    }
  };
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Ordinary least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const xy = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return xy / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}

/**
 * Every experiment on whole prompts, measured where the head says, against full runs of an
 * independent float64 model: the whole prompt, changed and read at that position.
 */
for (const { token_pos, positions, reference } of MEASURED) {
  describe(`with token_pos ${token_pos}`, () => {
    const root = mkdtempSync(join(tmpdir(), "tslens-measured-"));
    let model: HookedTransformer;
    let weights: PlainWeights;
    let head: BoundHead;
    let readout: { w: number[]; b: number };
    let clean: Map<string, Plain>[];
    let referenceRuns: Map<string, Plain>[];

    before(async () => {
      const base = join(root, "base");
      mkdirSync(base);
      await writeRandomModel(base, SIZES, 33);
      model = await HookedTransformer.fromPretrained(base);
      weights = plainWeights(model);
      head = await headOnDisk(join(root, "head"), model, {
        ...{ layer_type: "post", target_layer: 1, target_neuron: NEURON, token_pos },
      });
      readout = linearReadout(head);
      clean = PROMPTS.map((tokens) => straightForward(gpt2Rules(model), weights, tokens));
      referenceRuns = REFERENCE.map((tokens) => straightForward(gpt2Rules(model), weights, tokens));
    });
    after(() => {
      model.dispose();
      rmSync(root, { recursive: true });
    });

    function linearReadout({ files }: BoundHead): { w: number[]; b: number } {
      const [w, b] = ["weight", "bias"].map((name) => files.tensors.get(`output.${name}`)!.data);
      return { w: [...w], b: b[0] };
    }
    const predictionAt = (run: Map<string, Plain>, position: number, { w, b } = readout) =>
      at(run.get(FEATURES)!, position).reduce((sum, value, i) => sum + value * w[i], b);
    const activationOf = (prompt: number, neuron = NEURON) =>
      at(clean[prompt].get(HOOK)!, positions[prompt])[neuron];
    const cleanPrediction = (prompt: number) => predictionAt(clean[prompt], positions[prompt]);
    const run = (prompt: number, interventions: Interventions) =>
      straightForward(gpt2Rules(model), weights, PROMPTS[prompt], interventions);
    /** The prediction where one neuron is another number at the measured position. */
    const patchedTo = (prompt: number, to: (before: number) => number, neuron = NEURON) =>
      predictionAt(
        run(prompt, { [HOOK]: changing(positions[prompt], neuron, to) }),
        positions[prompt],
      );
    const eachPrompt = (check: (prompt: number) => void) => {
      for (const prompt of PROMPTS.keys()) check(prompt);
    };

    it("prompts end there", () => {
      const measured = measurePrompts(head, PROMPTS);
      assert.deepEqual(
        measured.tokens,
        PROMPTS.map((ids, i) => ids.slice(0, positions[i] + 1)),
      );
      assert.deepEqual(
        measured.recorded(),
        PROMPTS.map((tokens, i) => ({ text: null, tokens, position: positions[i] })),
      );
      // Measuring them again, for the same head, changes nothing: they are not cut twice.
      assert.equal(measurePrompts(head, measured), measured);
      assert.deepEqual(
        listPrompts(head, [{ name: "set", prompts: PROMPTS }]).map(({ count }) => count),
        PROMPTS.map((ids) => ids.length),
      );
    });

    it("patch", async () => {
      const variants: Variant[] = [
        { hook: HOOK, index: NEURON, patch: ["set", 1.5] },
        { hook: ["z", 1], head: 1, patch: ["zero"] },
        { hook: ["resid_mid", 1], pos: "all", patch: ["scale", 0.5] },
        { hook: ["mlp_out", 0], pos: 0, index: 2, patch: ["add", -2] },
        { hook: ["post", 2], pos: -1, index: 1, patch: ["mean"] },
        { hook: ["post", 2], index: 1, patch: ["resample", 1] },
      ];
      const postOf = (prompt: number) =>
        at(clean[prompt].get("blocks.2.mlp.hook_post")!, positions[prompt])[1];
      const expected = (prompt: number): Interventions[] => {
        const position = positions[prompt];
        const ofHead: Interventions[string] = ({ data }) =>
          data.fill(0, position * D + SIZES.d_head, (position + 1) * D);
        const post = (value: number) => changing(position, 1, () => value);
        return [
          { [HOOK]: changing(position, NEURON, () => 1.5) },
          { "blocks.1.attn.hook_z": ofHead },
          {
            "blocks.1.hook_resid_mid": ({ data }) => {
              for (let i = 0; i < data.length; i++) data[i] *= 0.5;
            },
          },
          { "blocks.0.hook_mlp_out": changing(0, 2, (before) => before - 2) },
          { "blocks.2.mlp.hook_post": post(mean(PROMPTS.map((_, i) => postOf(i)))) },
          { "blocks.2.mlp.hook_post": post(postOf((prompt + 1) % PROMPTS.length)) },
        ];
      };
      for (const prompts of [PROMPTS, measurePrompts(head, PROMPTS)]) {
        const result = await patch(model, prompts, variants, { read: head });
        eachPrompt((prompt) => {
          near(result.clean[prompt], cleanPrediction(prompt), `clean ${prompt}`);
          near(result.activation[0][prompt]!.clean, activationOf(prompt), `activation ${prompt}`);
          expected(prompt).forEach((interventions, variant) => {
            const full = predictionAt(run(prompt, interventions), positions[prompt]);
            near(result.patched[variant][prompt]!, full, `variant ${variant}, prompt ${prompt}`);
          });
        });
      }
    });

    it("scaling, and single patches", async () => {
      const factors = [0, 0.5, 2];
      const result = await scalingExperiment(head, PROMPTS, { factors });
      const { patched } = await patchHead(head, PROMPTS, [["add", -3]]);
      eachPrompt((prompt) => {
        const activation = activationOf(prompt);
        near(result.baseline.activation[prompt], activation, `activation ${prompt}`);
        near(result.baseline.prediction[prompt], cleanPrediction(prompt), `prediction ${prompt}`);
        result.scaling.forEach((scaled, i) => {
          near(scaled.activation[prompt], activation * factors[i], `factor ${factors[i]}`);
          const full = patchedTo(prompt, (before) => before * factors[i]);
          near(scaled.prediction[prompt], full, `factor ${factors[i]}, prompt ${prompt}`);
        });
        const full = patchedTo(prompt, (before) => before - 3);
        near(patched[0].prediction[prompt], full, `add, prompt ${prompt}`);
      });
    });

    it("ablate", async () => {
      const place = { hook: ["z", 1] as const, head: 1 };
      const everywhere = { hook: ["mlp_out", 1] as const, pos: "all" as const, index: 2 };
      const ofHead = (runs: Map<string, Plain>, position: number) =>
        at(runs.get("blocks.1.attn.hook_z")!, position).slice(SIZES.d_head);
      const setTo = (prompt: number, values: readonly number[]) => {
        const start = positions[prompt] * D + SIZES.d_head;
        const interventions: Interventions = {
          "blocks.1.attn.hook_z": ({ data }) => data.set(values, start),
        };
        return predictionAt(run(prompt, interventions), positions[prompt]);
      };
      const columns = (rows: number[][]) => rows[0].map((_, i) => mean(rows.map((row) => row[i])));
      const own = clean.map((runs, prompt) => ofHead(runs, positions[prompt]));
      const others = referenceRuns.map((runs, i) => ofHead(runs, reference[i]));
      const zero = await ablate(model, PROMPTS, [place], { read: head });
      const meaned = await ablate(model, PROMPTS, [place], { read: head, kind: "mean" });
      const resampled = await ablate(model, PROMPTS, [place], { read: head, kind: "resample" });
      const given = { read: head, reference: REFERENCE };
      const [place1, all] = [place, everywhere];
      const meanOf = await ablate(model, PROMPTS, [place1, all], { ...given, kind: "mean" });
      const drawn = await ablate(model, PROMPTS, [place], { ...given, kind: "resample", seed: 4 });
      // At all positions up to the measured one, of the reference prompts as of the prompts.
      const meanEverywhere = mean(
        referenceRuns.flatMap((runs, i) =>
          Array.from(
            { length: reference[i] + 1 },
            (_, position) => at(runs.get("blocks.1.hook_mlp_out")!, position)[2],
          ),
        ),
      );
      eachPrompt((prompt) => {
        const next = own[(prompt + 1) % PROMPTS.length];
        near(zero.clean[prompt], cleanPrediction(prompt), "unpatched");
        near(zero.patched[0][prompt]!, setTo(prompt, [0, 0, 0, 0]), "zero");
        near(meaned.patched[0][prompt]!, setTo(prompt, columns(own)), "mean");
        near(resampled.patched[0][prompt]!, setTo(prompt, next), "the next prompt's");
        near(meanOf.patched[0][prompt]!, setTo(prompt, columns(others)), "reference mean");
        near(
          drawn.patched[0][prompt]!,
          setTo(prompt, others[drawn.sources![prompt]]),
          "of a reference prompt",
        );
        const full = run(prompt, {
          "blocks.1.hook_mlp_out": ({ data }) => {
            for (let i = 2; i < data.length; i += D) data[i] = meanEverywhere;
          },
        });
        near(meanOf.patched[1][prompt]!, predictionAt(full, positions[prompt]), "mean everywhere");
      });
    });

    it("neuron sweep", async () => {
      const { baseline, swept } = await neuronSweep(model, PROMPTS, { read: head });
      // In blocks of few prompts at a time, too.
      const inBlocks = await neuronSweep(model, PROMPTS, { read: head, maxBytes: 10_000 });
      const analysed = await analyzeNeuronSweep(head, PROMPTS);
      const ofHook = analysed.swept.find(({ hook }) => hook === HOOK)!;
      for (const changes of [swept[0].changes, inBlocks.swept[0].changes, ofHook.changes]) {
        changes.forEach((ofNeuron, neuron) => {
          eachPrompt((prompt) => {
            const full = patchedTo(prompt, () => 0, neuron) - cleanPrediction(prompt);
            near(ofNeuron![prompt], full, `neuron ${neuron}, prompt ${prompt}`);
          });
        });
      }
      eachPrompt((prompt) => near(baseline[prompt], cleanPrediction(prompt), "baseline"));
      assert.deepEqual(
        analysed.prompts.map(({ position }) => position),
        [...positions],
      );
    });

    it("attribution", async () => {
      const { attributed } = await attributionPatching(model, PROMPTS, { read: head });
      const step = 1e-4;
      attributed[0].changes.forEach((ofNeuron, neuron) => {
        eachPrompt((prompt) => {
          // The derivative, by central differences, times the change from the activation to 0.
          const moved = (by: number) => patchedTo(prompt, (before) => before + by, neuron);
          const derivative = (moved(step) - moved(-step)) / (2 * step);
          const expected = -derivative * activationOf(prompt, neuron);
          near(ofNeuron[prompt], expected, `neuron ${neuron}, prompt ${prompt}`, 1e-4);
        });
      });
    });

    /** Prompts of one length, which stay so when they are measured. */
    const EVEN = [PROMPTS[0].slice(0, 6), PROMPTS[3]];
    const evenPosition = { last: 5, "3": 3, "-2": 4, "50": 5, "-50": 0 }[token_pos];
    const SOURCES = [
      [5, 3, 5, 8, 1, 1],
      [9, 7, 9, 3, 8, 4],
    ];
    /** A logit of the last token that the metric is shown. */
    const metric: LogitMetric = (logits) => {
      const [rows, T] = logits.shape;
      return tf.mean(tf.slice(logits, [0, T - 1, 6], [rows, 1, 1]));
    };
    const logit = (runs: Map<string, Plain>[]) =>
      mean(runs.map((each) => at(each.get("unembed.hook_out")!, evenPosition)[6]));

    it("path patching", async () => {
      const [measured, sources] = [EVEN, SOURCES].map((prompts) => measurePrompts(head, prompts));
      const result = await pathPatching(model, measured, sources, {
        senders: [{ hook: ["z", 0], head: 1 }],
        receivers: [{ hook: ["post", 1] }],
        metric,
        logitsPos: "last",
      });
      const own = EVEN.map((tokens) => straightForward(gpt2Rules(model), weights, tokens));
      near(result.baseline, logit(own), "baseline");
      const receiver = "blocks.1.mlp.hook_post";
      const patched = EVEN.map((tokens, i) => {
        const source = straightForward(gpt2Rules(model), weights, SOURCES[i]);
        const start = evenPosition * D + SIZES.d_head;
        const values = at(source.get("blocks.0.attn.hook_z")!, evenPosition).slice(SIZES.d_head);
        const held = ["blocks.0.hook_mlp_out"].concat(
          [1, 2].flatMap((layer) =>
            ["attn", "mlp"].map((part) => `blocks.${layer}.hook_${part}_out`),
          ),
        );
        const first = straightForward(gpt2Rules(model), weights, tokens, {
          ...Object.fromEntries(
            held.map((hook) => [hook, ({ data }: Plain) => data.set(own[i].get(hook)!.data)]),
          ),
          "blocks.0.attn.hook_z": ({ data }) => data.set(values, start),
        });
        const arrived = at(first.get(receiver)!, evenPosition);
        return straightForward(gpt2Rules(model), weights, tokens, {
          [receiver]: ({ data }) => data.set(arrived, evenPosition * SIZES.d_mlp),
        });
      });
      near(result.patched[0], logit(patched), "patched");
    });

    it("activation patching", async () => {
      const [measured, sources] = [EVEN, SOURCES].map((prompts) => measurePrompts(head, prompts));
      const [logits, cache] = model.runWithCache(sources.tokens.map((ids) => [...ids]));
      const layers = [1];
      const { values } = await genericActivationPatch<number[][]>(
        model,
        measured,
        cache,
        metric,
        "resid_pre",
        ["layer", "pos"],
        { layers },
      );
      logits.dispose();
      cache.dispose();
      assert.equal(values[0].length, evenPosition + 1);
      values[0].forEach((value, position) => {
        const patched = EVEN.map((tokens, i) => {
          const source = straightForward(gpt2Rules(model), weights, SOURCES[i]);
          const values = at(source.get("blocks.1.hook_resid_pre")!, position);
          return straightForward(gpt2Rules(model), weights, tokens, {
            "blocks.1.hook_resid_pre": ({ data }) => data.set(values, position * D),
          });
        });
        near(value, logit(patched), `position ${position}`);
      });
    });

    it("setting to quantiles", async () => {
      const measured = measurePrompts(head, PROMPTS);
      const experiment = await scalingExperiment(head, measured);
      const clean = cleanRuns(model, measured);
      const result = await quantileExperiment(head, measured, experiment, clean);
      clean.dispose();
      // NumPy's quantiles of four numbers, by linear interpolation.
      const sorted = PROMPTS.map((_, i) => activationOf(i)).sort((a, b) => a - b);
      assert.deepEqual(result.probabilities, [0.05, 0.25, 0.5, 0.75, 0.95]);
      result.values.forEach((value, i) => {
        const place = result.probabilities[i] * 3;
        const [low, high] = [Math.floor(place), Math.ceil(place)];
        const expected = sorted[low] + (place - low) * (sorted[high] - sorted[low]);
        near(value, expected, `quantile ${i}`);
        eachPrompt((prompt) => {
          near(result.runs[i].activation[prompt], value, "activation");
          const full = patchedTo(prompt, () => value);
          near(result.runs[i].prediction[prompt], full, `quantile ${i}, prompt ${prompt}`);
        });
      });
    });

    const FACTORS = [0, 0.5, 1, 2];

    /** The slope over all prompts and factors but 1, of what reads the features. */
    const slopeBy = (of: typeof readout, neuron: number) =>
      slopeOf(
        PROMPTS.flatMap((_, prompt) => {
          const position = positions[prompt];
          const was = activationOf(prompt, neuron);
          const before = predictionAt(clean[prompt], position, of);
          return FACTORS.filter((factor) => factor !== 1).map((factor) => {
            const scaled = run(prompt, { [HOOK]: changing(position, neuron, (x) => x * factor) });
            return [was * (factor - 1), predictionAt(scaled, position, of) - before] as const;
          });
        }),
      );

    it("matched control neurons", async () => {
      const measured = measurePrompts(head, PROMPTS);
      const experiment = await scalingExperiment(head, measured);
      const control = await neuronControl(head, measured, {
        ...{ count: 20, factors: FACTORS, experiment, slope: 0.1, streams: randomStreams(0) },
        clean: cleanRuns(model, measured),
      });
      const spreadOf = (neuron: number) => {
        const values = PROMPTS.map((_, prompt) => activationOf(prompt, neuron));
        return Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
      };
      const own = spreadOf(NEURON);
      const matched = [...Array(SIZES.d_mlp).keys()].filter((neuron) => {
        const ratio = spreadOf(neuron) / own;
        return neuron !== NEURON && ratio <= 2 && ratio >= 0.5;
      });
      assert.ok(matched.length > 0, "no neuron to compare with: change the seed");
      assert.deepEqual(
        control.neurons.map(({ neuron }) => neuron),
        matched,
      );
      near(control.target.activation_std, own, "own spread");
      for (const { neuron, activation_std, slope } of control.neurons) {
        near(activation_std, spreadOf(neuron), `spread of neuron ${neuron}`);
        near(slope!, slopeBy(readout, neuron), `slope of neuron ${neuron}`, 1e-4);
      }
    });

    it("the whole analysis", async () => {
      const result = await analyzeActivationPatching(head, PROMPTS, {
        factors: FACTORS,
        controls: { heads: 0 },
      });
      near(result.evidence.changed_points.slope.estimate!, slopeBy(readout, NEURON), "slope", 1e-4);
      for (const { neuron, slope } of result.controls.neurons.neurons) {
        near(slope!, slopeBy(readout, neuron), `slope of neuron ${neuron}`, 1e-4);
      }
      assert.deepEqual(
        result.prompts,
        PROMPTS.map((tokens, i) => ({ text: null, tokens, position: positions[i] })),
      );
    });

    it("unpatched activations, and the gradient there", async () => {
      const measured = measurePrompts(head, PROMPTS);
      const rows = measuredActivations(model, measured, FEATURES);
      rows.forEach((row, prompt) => {
        const expected = at(clean[prompt].get(FEATURES)!, positions[prompt]);
        for (const [i, value] of row.entries()) {
          near(value, expected[i], `feature ${i}, prompt ${prompt}`);
        }
      });
      const hidden = await headOnDisk(join(root, "hidden"), model, {
        ...{ layer_type: "post", target_layer: 1, target_neuron: NEURON, token_pos },
        ...{ hidden_dim: 5, scale: 0.05 },
      });
      const { gradient } = await analyzeLinearWeights(hidden, {
        prompts: PROMPTS,
        randomVectors: 10,
      });
      // Of W₂ gelu(W₁ x + b₁), by central differences.
      const [W1, b1, W2] = ["hidden.weight", "hidden.bias", "output.weight"].map(
        (name) => hidden.files.tensors.get(name)!.data,
      );
      const predicted = (x: readonly number[]) =>
        [...W2].reduce((sum, weight, j) => {
          const before = x.reduce((total, value, i) => total + value * W1[j * D + i], b1[j]);
          return sum + weight * gelu(before);
        }, 0);
      const gradients = PROMPTS.map((_, prompt) => {
        const x = at(clean[prompt].get(FEATURES)!, positions[prompt]);
        return x.map((_, i) => {
          const moved = (by: number) =>
            predicted(x.map((value, j) => (i === j ? value + by : value)));
          return (moved(1e-4) - moved(-1e-4)) / 2e-4;
        });
      });
      gradient.mean!.forEach((value, i) => {
        near(value, mean(gradients.map((each) => each[i])), `gradient ${i}`, 1e-4);
      });
    });

    it("training, and heads that learn shuffled labels", async () => {
      // Some shorter than the measured position, some longer than the context; each starts differently.
      const texts = Array.from({ length: 70 }, (_, i) =>
        Array.from({ length: 1 + ((i * 5) % 10) }, (__, t) => (i + 3 * t * t + i * t) % 75),
      );
      const runs = texts.map((ids) =>
        straightForward(gpt2Rules(model), weights, ids.slice(0, SIZES.n_ctx)),
      );
      const placeOf = (length: number) => {
        const seen = Math.min(length, SIZES.n_ctx);
        if (token_pos === "last") return seen - 1;
        return Math.min(Math.max(token_pos < 0 ? seen + token_pos : token_pos, 0), seen - 1);
      };
      const shared = { texts, cacheFolder: join(root, "cache") };
      const { directory } = await trainHead(model, {
        ...{ ...shared, layer: 1, neuron: NEURON, layerType: "post", tokenPos: token_pos },
        out: root,
      });
      const trained = bindHead(await loadHead(directory), model);
      assert.equal(trained.files.config.tokenPos, token_pos);
      const target = headTarget(model, { layer: 1, layerType: "post", featureLayer: -1 });
      const measured = trainingTexts(trained, texts);
      assert.equal(measured.truncated, texts.filter((ids) => ids.length > SIZES.n_ctx).length);
      const data = await trainingData(
        ...([
          model,
          target,
          trained,
          measured,
          { ...shared, choice: { neurons: [NEURON] } },
          () => silentProgress,
        ] as const),
      );
      texts.forEach((ids, row) => {
        const position = placeOf(ids.length);
        near(
          data.neurons[0].targets[row],
          at(runs[row].get(HOOK)!, position)[NEURON],
          `target ${row}`,
        );
        at(runs[row].get(FEATURES)!, position).forEach((value, i) => {
          near(data.features.data[row * D + i], value, `feature ${i} of text ${row}`);
        });
      });
      const given = measurePrompts(trained, PROMPTS);
      const options = { count: 2, texts, ...randomStreams(0)("shuffled-labels") };
      const controls = await shuffledLabelHeads(trained, options);
      assert.ok(typeof controls !== "string", String(controls));
      const result = await labelControl(trained, given, {
        ...{ count: 2, factors: FACTORS, slope: 0.1, texts, streams: randomStreams(0) },
        clean: cleanRuns(model, given),
      });
      assert.equal(result.heads.length, 2);
      result.heads.forEach(({ slope }, i) => {
        const expected = slopeBy(linearReadout(controls.heads[i].head), NEURON);
        near(slope!, expected, `control head ${i}`, 1e-4);
      });
    });
  });
}

/** x Φ(x), with the error function as its Taylor series: good to 1e-12 for |x| < 4. */
function gelu(x: number): number {
  assert.ok(Math.abs(x) < 4, `the series is no good at ${x}`);
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; n < 200; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}
