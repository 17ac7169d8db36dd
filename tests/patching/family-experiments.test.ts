import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as tf from "@tensorflow/tfjs-core";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { parseHeadConfig } from "../../src/heads/head-config";
import type { HookName, HookPointName, ShortName } from "../../src/model/hook-names";
import { hookPoint } from "../../src/model/hook-points";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { ablate } from "../../src/patching/ablate";
import * as family from "../../src/patching/activation-patching";
import { genericActivationPatch, type PatchAxis } from "../../src/patching/activation-patching";
import { attributionPatching } from "../../src/patching/attribution-patching";
import { patch } from "../../src/patching/patch";
import { pathPatching } from "../../src/patching/path-patching";
import type { PatchPosition, Place } from "../../src/patching/place";
import { metricReadout } from "../../src/patching/readout";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { linearHead } from "./linear-head";
import { KINDS, randomFamilyModel } from "./random-family";
import {
  type Interventions,
  type Plain,
  type PlainWeights,
  plainWeights,
  type Rules,
  straightForward,
} from "./straight-forward";

const LENGTH = 6;
const BATCH = 2;
/** Which logits a metric looks at: their weights, by position and token. */
const METRIC = [
  { t: LENGTH - 2, token: 1, weight: 1.5 },
  { t: LENGTH - 1, token: 3, weight: -2 },
  { t: LENGTH - 1, token: 0, weight: 1 },
];

const unchanged = { hook: ["post", 0], index: 0, patch: ["scale", 1] } as const;

function tokenConfig(d_model: number) {
  return parseHeadConfig(
    {
      ...{ head_type: "token", target_layer: 0, target_neuron: 1, layer_type: "post" },
      head_config: { input_dim: d_model, digit_tokens: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
    },
    "made-in-a-test/config.json",
  );
}

/** Experiments on every family, against full runs of the independent float64 model. */
for (const kind of KINDS) {
  describe(`experiments on ${kind.name}`, () => {
    let model: HookedTransformer;
    let rules: Rules;
    let weights: PlainWeights;
    let random: RandomStream;
    let prompts: number[][];
    let sources: number[][];
    let clean: Map<string, Plain>[];
    let source: Map<string, Plain>[];
    let tensors: number;

    before(async () => {
      ({ model, rules } = await randomFamilyModel(kind, 5));
      weights = plainWeights(model);
      random = randomStream(3, `experiments on ${kind.name}`);
      const batch = () =>
        Array.from({ length: BATCH }, () =>
          Array.from({ length: LENGTH }, () => random.integer(0, rules.d_vocab - 1)),
        );
      [prompts, sources] = [batch(), batch()];
      clean = prompts.map((tokens) => run(tokens));
      source = sources.map((tokens) => run(tokens));
      tensors = tf.memory().numTensors;
    });
    after(() => {
      assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
      model.dispose();
    });

    const run = (tokens: readonly number[], interventions: Interventions = {}) =>
      straightForward(rules, weights, tokens, interventions);
    const metric = (logits: tf.Tensor3D) => {
      const terms = METRIC.map(({ t, token, weight }) =>
        tf.mul(tf.sum(tf.slice(logits, [0, t, token], [-1, 1, 1])), weight),
      );
      return tf.addN(terms);
    };
    const metricOf = (runs: readonly Map<string, Plain>[]) =>
      runs.reduce((sum, one) => {
        const { data } = one.get("logits")!;
        const at = (t: number, token: number) => data[t * rules.d_vocab + token];
        return sum + METRIC.reduce((part, { t, token, weight }) => part + weight * at(t, token), 0);
      }, 0);
    const near = (actual: number, expected: number, what: string, tolerance = 3e-5) =>
      assert.ok(
        Math.abs(actual - expected) < tolerance * Math.max(1, Math.abs(expected)),
        `${what}: ${actual} is not ${expected}`,
      );
    /** Gives the numbers that are chosen by their axes those of another run. */
    const taking =
      (from: Plain, isTaken: (at: readonly number[]) => boolean) =>
      ({ data, shape }: Plain) => {
        for (let i = 0; i < data.length; i++) {
          if (isTaken(unravelled(i, shape))) data[i] = from.data[i];
        }
      };

    const GRIDS: readonly [name: ShortName, axes: readonly PatchAxis[], IsTaken][] = [
      ["resid_pre", ["layer", "pos"], ([, pos], [t]) => t === pos],
      ["resid_post", ["layer", "pos"], ([, pos], [t]) => t === pos],
      ["attn_out", ["layer", "pos"], ([, pos], [t]) => t === pos],
      ["mlp_out", ["layer", "pos"], ([, pos], [t]) => t === pos],
      ["q", ["layer", "pos", "head"], ([, pos, head], [t, h]) => t === pos && h === head],
      ["k", ["layer", "pos", "head"], ([, pos, head], [t, h]) => t === pos && h === head],
      ["v", ["layer", "head"], ([, head], [, h]) => h === head],
      ["z", ["layer", "pos", "head"], ([, pos, head], [t, h]) => t === pos && h === head],
      ["pattern", ["layer", "head", "dest_pos"], ([, h, t], [head, to]) => h === head && t === to],
      ["post", ["layer", "pos", "neuron"], ([, pos, n], [t, m]) => t === pos && m === n],
      ["pre", ["layer", "neuron"], ([, n], [, m]) => m === n],
    ];

    it("sweeps of activation patching are full runs with the clean activation put in", async () => {
      const [logits, cache] = model.runWithCache(sources);
      logits.dispose();
      for (const [name, axes, isTaken] of GRIDS) {
        const grid = await genericActivationPatch(model, prompts, cache, metric, name, axes);
        const shape = grid.labels.map((labels) => labels.length);
        for (let i = 0; i < 4; i++) {
          const indices = shape.map((length) => random.integer(0, length - 1));
          const hook = [...model.hookDict.values()].find(
            (point) => point.layer() === indices[0] && point.name.endsWith(`.hook_${name}`),
          )!.name;
          const runs = prompts.map((tokens, p) =>
            run(tokens, { [hook]: taking(source[p].get(hook)!, (at) => isTaken(indices, at)) }),
          );
          const actual = indices.reduce<family.Nested>(
            (list, index) => (list as family.Nested[])[index],
            grid.values,
          );
          near(actual as number, metricOf(runs), `${name} ${indices}`);
        }
        const headAxis = axes.indexOf("head");
        const heads = name === "k" || name === "v" ? rules.keyHeads : rules.heads;
        if (headAxis >= 0) assert.equal(shape[headAxis], heads, `heads of ${name}`);
      }
      const every = await family.getActPatchAttnHeadAllPosEvery(model, prompts, cache, metric);
      const values = await family.getActPatchAttnHeadVAllPos(model, prompts, cache, metric);
      for (let head = 0; head < rules.heads; head++) {
        const own = Math.floor(head / (rules.heads / rules.keyHeads));
        assert.equal(every.values[3][0][head], values.values[0][own], "v of a query head");
      }
      const mid = family.getActPatchResidMid(model, prompts, cache, metric);
      if (rules.isParallel) await assert.rejects(mid, /no such activation in this model/);
      else await mid;
      cache.dispose();
    });

    it("a metric sees the model's logits", async () => {
      const place = { hook: ["post", 0], index: 1, patch: ["add", 0.5] } as const;
      const { clean: baseline, patched } = await patch(model, prompts, [place], {
        read: metricReadout(metric, BATCH, "all"),
      });
      near(baseline[0], metricOf(clean), "baseline");
      const added = prompts.map((tokens) =>
        run(tokens, {
          "blocks.0.mlp.hook_post": ({ data, shape }) => {
            data[data.length - shape[1] + 1] += 0.5;
          },
        }),
      );
      near(patched[0][0]!, metricOf(added), "patched");
      const logits = model.forward(prompts);
      const [number] = tf.tidy(() => metric(logits).dataSync() as never) as number[];
      near(number, metricOf(clean), "forward");
      logits.dispose();
    });

    it("a path is what two full runs give", async () => {
      const last = rules.layers - 1;
      const mlpIn: Place = { hook: ["pre", last], pos: "all" };
      const head = rules.keyHeads - 1;
      const receivers: readonly Place[] = [
        { hook: ["q", last], pos: "all", head: rules.heads - 1 },
        { hook: ["k", last], pos: "all", head },
        { hook: ["v", last], pos: "all", head },
        mlpIn,
      ];
      const ends: readonly Place[][] = [
        ...(rules.layers > 1 ? receivers.map((one) => [one]) : rules.isParallel ? [] : [[mlpIn]]),
        [{ hook: ["resid_post", -1], pos: "all" }],
      ];
      const sender: Place = { hook: ["z", 0], pos: "all", head: 0 };
      for (const freezeMlps of [true, false]) {
        for (const to of ends) {
          const options = { senders: [sender], receivers: to, metric, freezeMlps };
          const { patched } = await pathPatching(model, prompts, sources, options);
          const held = [...Array(rules.layers).keys()].flatMap((layer) => [
            ...(layer > 0 ? [`blocks.${layer}.hook_attn_out`] : []),
            ...(freezeMlps ? [`blocks.${layer}.hook_mlp_out`] : []),
          ]);
          const runs = prompts.map((tokens, p) => {
            const first = run(tokens, {
              ...Object.fromEntries(
                held.map((hook) => [hook, taking(clean[p].get(hook)!, () => true)]),
              ),
              "blocks.0.attn.hook_z": taking(
                source[p].get("blocks.0.attn.hook_z")!,
                ([, h]) => h === 0,
              ),
            });
            const received = Object.fromEntries(
              to.map((place) => {
                const name = nameOf(place, model);
                const isOf = ([, h]: readonly number[]) =>
                  place.head === undefined || h === place.head;
                return [name, taking(first.get(name)!, isOf)];
              }),
            );
            return run(tokens, received);
          });
          near(patched[0], metricOf(runs), `to ${JSON.stringify(to)}, MLPs held ${freezeMlps}`);
        }
      }
    });

    it("ablating takes the mean of reference prompts", async () => {
      const places: Place[] = [
        { hook: ["v", 0], head: rules.keyHeads - 1 },
        { hook: ["z", 0], head: rules.heads - 1 },
        { hook: ["mlp_out", 0] },
      ];
      const { patched } = await ablate(model, prompts, places, {
        kind: "mean",
        reference: sources,
        read: "unembed.hook_out",
      });
      places.forEach((place, i) => {
        const name = nameOf(place, model);
        const { shape } = clean[0].get(name)!;
        const isTaken = ([t, h]: readonly number[]) =>
          t === LENGTH - 1 && (place.head === undefined || h === place.head);
        const data = source[0]
          .get(name)!
          .data.map((value, at) => (value + source[1].get(name)!.data[at]) / 2);
        prompts.forEach((tokens, p) => {
          const one = run(tokens, { [name]: taking({ shape, data }, isTaken) });
          const expected = one.get("unembed.hook_out")!.data.slice(-rules.d_vocab);
          expected.forEach((value, token) => {
            near(patched[i][p]!["unembed.hook_out"][token], value, `${name}, token ${token}`);
          });
        });
      });
    });

    it("the gradients of a head and of a metric are derivatives of full runs", async () => {
      const { files, weights: reads } = linearHead({
        ...{ layerType: "post", layer: 0, neuron: 1, featureLayer: -1, d_model: rules.d_model },
      });
      const head = bindHead(files, model);
      const lastRow = ({ data, shape }: Plain) => data.slice(-(data.length / shape[0]));
      const features = `blocks.${rules.layers - 1}.hook_resid_post`;
      const predict = (one: Map<string, Plain>) =>
        lastRow(one.get(features)!).reduce((sum, value, i) => sum + value * reads[i], 0);
      const hooks = [...model.hookDict.values()].filter((point) => point.size !== null);
      const logitMetric = (logits: tf.Tensor3D) => tf.sum(tf.slice(logits, [0, 0, 1], [-1, 1, 2]));
      const logitsOf = (one: Map<string, Plain>) => {
        const logits = lastRow(one.get("logits")!);
        return logits[1] + logits[2];
      };
      await compare(head, predict);
      await compare(logitMetric, logitsOf);
      const tokenHead = bindHead({ ...files, config: tokenConfig(rules.d_model) }, model);
      const expectedDigit = (one: Map<string, Plain>) => {
        const powers = [...lastRow(one.get("logits")!).slice(0, 10)].map(Math.exp);
        const total = powers.reduce((sum, power) => sum + power, 0);
        return powers.reduce((sum, power, digit) => sum + (digit * power) / total, 0);
      };
      const { clean: predictions } = await patch(model, prompts, [unchanged], { read: tokenHead });
      prompts.forEach((_, p) => {
        near(predictions[p], expectedDigit(clean[p]), `token head, prompt ${p}`);
      });
      await compare(tokenHead, expectedDigit);

      async function compare(
        read: BoundHead | typeof logitMetric,
        readingOf: (one: Map<string, Plain>) => number,
      ): Promise<void> {
        const { attributed } = await attributionPatching(model, prompts, {
          read,
          hooks: hooks.map(({ name }) => name),
          patch: ["add", 1],
        });
        assert.equal(attributed.length, hooks.length);
        for (const { hook, changes } of attributed) {
          const neuron = random.integer(0, changes.length - 1);
          const prompt = random.integer(0, BATCH - 1);
          const at = (by: number) =>
            readingOf(
              run(prompts[prompt], {
                [hook]: ({ data }) => {
                  data[data.length - changes.length + neuron] += by;
                },
              }),
            );
          const step = 1e-5;
          const expected = (at(step) - at(-step)) / (2 * step);
          near(changes[neuron][prompt], expected, `${hook} ${neuron}`, 1e-4);
        }
      }
    });
  });
}

describe("heads of keys and values that several query heads read", () => {
  it("are numbered as such, and said to be read by which", async () => {
    const kind = KINDS.find(({ name }) => name === "llama")!;
    const { model, rules } = await groupedModel(kind);
    const each = rules.heads / rules.keyHeads;
    const run = (head: number, hook: HookPointName) =>
      patch(model, [[1, 2, 3]], [{ hook, head, patch: ["zero"] }], { read: "unembed.hook_out" });
    for (const hook of ["k", "v", "rot_k"].map((one) => `blocks.0.attn.hook_${one}`)) {
      const { warnings } = await run(1, hook as HookPointName);
      assert.deepEqual(warnings, [
        `each head of keys and values is read by ${each} query heads: 1 by ${each} to ${2 * each - 1}`,
      ]);
      await assert.rejects(
        run(rules.keyHeads, hook as HookPointName),
        new RegExp(`there is no such head in ${hook}.*Query head ${rules.keyHeads} reads`),
      );
    }
    assert.deepEqual((await run(rules.keyHeads, "blocks.0.attn.hook_z")).warnings, []);
    const neuron = { hook: ["v", 0], index: rules.d_head, patch: ["zero"] } as const;
    const { warnings } = await patch(model, [[1, 2, 3]], [neuron], { read: "unembed.hook_out" });
    assert.match(warnings[0], new RegExp(`: 1 by ${each} to`));
    model.dispose();
  });
});

describe("a patch that no path leads from to what is read", () => {
  const PROMPTS = [
    [1, 2, 3, 4, 5, 6, 7, 8],
    [1, 2, 3, 4, 5, 6],
  ];
  const changed = async (
    model: HookedTransformer,
    hook: ShortName,
    read: HookName,
    pos: PatchPosition = "last",
  ) => {
    const place = { hook: [hook, model.cfg.n_layers - 1], pos, patch: ["zero"] } as const;
    const { clean, patched, warnings } = await patch(model, PROMPTS, [place], { read });
    return { isChanged: !isDeepStrictEqual(clean, patched[0]), warnings };
  };

  it("is said of attention and MLP of a parallel block", async () => {
    const { model } = await randomFamilyModel(KINDS.find(({ name }) => name === "phi")!, 1);
    const layer = model.cfg.n_layers - 1;
    for (const hook of ["z", "attn_out", "v"] as const) {
      assert.deepEqual(await changed(model, hook, ["mlp_out", layer]), {
        isChanged: false,
        warnings: [
          `${hookPoint([hook, layer], model.cfg).name} does not lead to blocks.${layer}.hook_mlp_out, which is read: patching there can change nothing`,
        ],
      });
      const stream = await changed(model, hook, ["resid_post", layer]);
      assert.deepEqual(stream, { isChanged: true, warnings: [] });
    }
    model.dispose();
  });

  it("is said of queries and keys, and of the two inputs of a gated MLP", async () => {
    const { model } = await randomFamilyModel(KINDS.find(({ name }) => name === "qwen3")!, 1);
    const layer = model.cfg.n_layers - 1;
    for (const [hook, read] of [
      ["q", "rot_k"],
      ["v", "pattern"],
      ["pre", "pre_linear"],
    ] as const) {
      const { isChanged, warnings } = await changed(model, hook, [read, layer]);
      assert.equal(isChanged, false);
      assert.match(warnings.join(), new RegExp(`hook_${hook} does not lead to .*hook_${read}, `));
    }
    assert.deepEqual((await changed(model, "q", ["pattern", layer])).warnings, []);
    model.dispose();
  });

  it("is said of a position that nothing looks back to", async () => {
    const { model } = await randomFamilyModel(KINDS.find(({ name }) => name === "llama")!, 1);
    const late = await changed(model, "mlp_out", "unembed.hook_out", 2);
    assert.equal(late.isChanged, false);
    assert.match(
      late.warnings.join(),
      /hook_mlp_out at that position does not lead to the last one of unembed\.hook_out, which/,
    );
    const seen = { isChanged: true, warnings: [] };
    assert.deepEqual(await changed(model, "resid_pre", "unembed.hook_out", 2), seen);
    // The second prompt's last position.
    assert.deepEqual(await changed(model, "mlp_out", "unembed.hook_out", 5), seen);
    model.dispose();
  });

  it("is no path to patch", async () => {
    const { model } = await randomFamilyModel(KINDS.find(({ name }) => name === "phi")!, 1);
    const metric = (logits: tf.Tensor3D) => logits.dataSync()[0];
    const [senders, receivers] = [[{ hook: ["z", 0] }], [{ hook: ["mlp_out", 0] }]] as const;
    await assert.rejects(
      pathPatching(model, [[1, 2, 3]], [[3, 2, 1]], { senders, receivers, metric }),
      /no path leads from a sender to a receiver beside it; found blocks\.0\.hook_mlp_out/,
    );
    model.dispose();
  });
});

async function groupedModel(kind: (typeof KINDS)[number]) {
  for (let seed = 0; ; seed++) {
    const made = await randomFamilyModel(kind, seed);
    if (made.rules.keyHeads === 2 && made.rules.heads > 2) return made;
    made.model.dispose();
  }
}

/** Whether a number at these axes is taken, where a grid's indices are those. */
type IsTaken = (indices: readonly number[], at: readonly number[]) => boolean;

function nameOf({ hook }: Place, model: HookedTransformer): string {
  const [name, layer] = hook as readonly [string, number];
  const at = layer < 0 ? layer + model.cfg.n_layers : layer;
  return [...model.hookDict.values()].find(
    (point) => point.layer() === at && point.name.endsWith(`.hook_${name}`),
  )!.name;
}

function unravelled(flat: number, shape: readonly number[]): number[] {
  const indices: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return indices;
}
