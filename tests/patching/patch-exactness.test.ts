import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { HookPointName } from "../../src/model/hook-names";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { NO_PROCESSING } from "../../src/model/weight-processing";
import { patch } from "../../src/patching/patch";
import type { PatchedPlace, PatchPosition } from "../../src/patching/place";
import { activationReadout } from "../../src/patching/readout";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { KINDS, N_CTX, randomFamilyModel } from "./random-family";
import {
  type Interventions,
  type Plain,
  type PlainWeights,
  plainWeights,
  type Rules,
  straightForward,
} from "./straight-forward";

/** Relative to an activation's largest magnitude; the reference is float64. */
const TOLERANCE = 1e-5;
const MODELS = 2;
const ROUNDS = 6;

/** What is patched and read, in one call. */
interface Plan {
  readonly variants: readonly (readonly PatchedPlace[])[];
  readonly reads: readonly HookPointName[];
  readonly pos: "last" | "all";
  readonly maxBytes: number;
}

interface Case {
  readonly model: HookedTransformer;
  readonly rules: Rules;
  readonly weights: PlainWeights;
  readonly prompts: readonly number[][];
  /** Unpatched runs of the prompts. */
  readonly clean: readonly Map<string, Plain>[];
}

/**
 * Every reading of every variant against the slow, obvious run: the whole prompt through an
 * independent forward pass with the intervention made.
 */
describe("patched runs equal full runs of an independent model", () => {
  for (const kind of KINDS) {
    for (let seed = 0; seed < MODELS; seed++) {
      const isProcessed = seed % 2 === 0;
      it(`${kind.name}, ${isProcessed ? "processed" : "unprocessed"}`, async () => {
        const random = randomStream(seed, `patch exactness, ${kind.name}`);
        const { model, rules } = await randomFamilyModel(
          kind,
          seed,
          isProcessed ? {} : NO_PROCESSING,
        );
        const weights = plainWeights(model);
        const tensors = tf.memory().numTensors;
        const hooks: HookPointName[] = [];
        const nextHook = () => {
          if (hooks.length === 0) hooks.push(...random.shuffle([...model.hookDict.keys()]));
          return hooks.pop()!;
        };
        for (let round = 0; round < ROUNDS; round++) {
          const prompts = Array.from({ length: random.integer(1, 5) }, () =>
            Array.from({ length: random.integer(1, N_CTX) }, () =>
              random.integer(0, model.cfg.d_vocab - 1),
            ),
          );
          const clean = prompts.map((tokens) => straightForward(rules, weights, tokens));
          const one = { model, rules, weights, prompts, clean };
          await compare(one, randomPlan(one, random, nextHook), `round ${round}`);
        }
        assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
        model.dispose();
      });
    }

    it(`${kind.name}, one number of every activation`, async () => {
      const random = randomStream(0, `one number, ${kind.name}`);
      const { model, rules } = await randomFamilyModel(kind, 3);
      const weights = plainWeights(model);
      const prompts = [9, 4].map((length) =>
        Array.from({ length }, () => random.integer(0, rules.d_vocab - 1)),
      );
      const clean = prompts.map((tokens) => straightForward(rules, weights, tokens));
      const variants = [...model.hookDict.keys()].map((hook): PatchedPlace[] => {
        const { shape } = clean[0].get(hook)!;
        const index = random.integer(0, isOverKeys(hook) ? 0 : shape[shape.length - 1] - 1);
        const pos = random.integer(0, 1) === 0 ? "last" : 1;
        return [{ hook, pos, index, patch: ["scale", 1.5] }];
      });
      const reads = [`blocks.${rules.layers - 1}.hook_resid_post`, "unembed.hook_out"] as const;
      const one = { model, rules, weights, prompts, clean };
      await compare(one, { variants, reads, pos: "last", maxBytes: 2 ** 28 }, "alone");
      model.dispose();
    });
  }
});

/** @param nextHook gives every hook before it gives one again */
function randomPlan(
  { prompts, clean }: Case,
  random: RandomStream,
  nextHook: () => HookPointName,
): Plan {
  const shortest = Math.min(...prompts.map((tokens) => tokens.length));
  const isEven = prompts.every((tokens) => tokens.length === shortest);
  const variants = Array.from({ length: random.integer(1, 5) }, () => {
    const chosen = new Set(Array.from({ length: random.integer(1, 3) }, nextHook));
    return [...chosen].map((hook) =>
      randomSite(hook, clean[0].get(hook)!.shape, shortest, isEven, prompts.length, random),
    );
  });
  return {
    variants,
    reads: Array.from({ length: random.integer(1, 3) }, nextHook),
    pos: random.integer(0, 2) === 0 ? "all" : "last",
    maxBytes: random.integer(0, 1) === 0 ? 2 ** 28 : 20_000,
  };
}

async function compare(
  { model, rules, weights, prompts, clean }: Case,
  { variants, reads, pos, maxBytes }: Plan,
  where: string,
): Promise<void> {
  const read = activationReadout(reads, model.cfg, pos);
  const result = await patch(model, prompts, variants, { read, maxBytes });
  const check = (
    actual: Readonly<Record<string, Float32Array>> | null,
    expected: Map<string, Plain>,
    what: string,
  ) => {
    for (const hook of reads) {
      const wanted = byPosition(hook, expected.get(hook)!);
      const rows = pos === "all" ? wanted : wanted.slice(-1);
      closeTo(actual![hook], rows.flat(), `${where}, ${what}: ${hook}`);
    }
  };
  prompts.forEach((tokens, prompt) => {
    check(result.clean[prompt], clean[prompt], `unpatched, prompt ${prompt}`);
    variants.forEach((variant, number) => {
      const interventions = interventionsOf(variant, prompt, prompts, clean);
      const expected = straightForward(rules, weights, tokens, interventions);
      const what = `${JSON.stringify(variant)}, prompt ${prompt} of ${tokens.length} tokens`;
      check(result.patched[number][prompt], expected, what);
    });
  });
}

function randomSite(
  hook: HookPointName,
  shape: readonly number[],
  shortest: number,
  isEven: boolean,
  prompts: number,
  random: RandomStream,
): PatchedPlace {
  const positions: PatchPosition[] = ["last", "all", -1, random.integer(0, shortest - 1)];
  const pos = positions[random.integer(0, 3)];
  const isScale = hook.endsWith("hook_scale");
  const hasHeads = shape.length === 3;
  const heads = hasHeads ? shape[isOverKeys(hook) ? 0 : 1] : 1;
  const head = hasHeads && random.integer(0, 1) === 0 ? random.integer(0, heads - 1) : undefined;
  // Over keys, the first: others are not seen by every query.
  const size = isOverKeys(hook) ? 1 : shape[shape.length - 1];
  const index = random.integer(0, 2) === 0 ? undefined : random.integer(0, size - 1);
  const place = { hook, pos, head, index };
  if (isScale) return { ...place, patch: ["scale", 0.5 + random.uniform()] };
  const value = 4 * random.uniform() - 2;
  const length = index !== undefined ? 1 : hasHeads && head === undefined ? heads * size : size;
  const vectors = Array.from({ length: prompts }, () =>
    Array.from({ length }, () => random.gaussian()),
  );
  const choices: PatchedPlace["patch"][] = [
    ["set", value],
    // A masked score is −∞: times a negative number it would be all that is looked at.
    ["scale", hook.endsWith("scores") ? Math.abs(value) : value],
    ["zero"],
    ["add", value],
    ...(isOverKeys(hook)
      ? []
      : [["mean"] as const, ["set", (prompt: number) => vectors[prompt]] as const]),
    ...(prompts > 1 && ((pos !== "all" && !isOverKeys(hook)) || isEven)
      ? [["resample", 1] as const]
      : []),
  ];
  return { ...place, patch: choices[random.integer(0, choices.length - 1)] };
}

/** The variant as changes of a plain run's activations. */
function interventionsOf(
  variant: readonly PatchedPlace[],
  prompt: number,
  prompts: readonly number[][],
  clean: readonly Map<string, Plain>[],
): Interventions {
  return Object.fromEntries(
    variant.map((site) => [
      site.hook as string,
      (activation: Plain) => {
        const places = placesOf(site, activation.shape, prompts[prompt].length);
        for (const { at, position, i } of places) {
          activation.data[at] = patchedNumber(site, activation.data[at], { position, i });
        }
      },
    ]),
  );

  function patchedNumber(
    site: PatchedPlace,
    before: number,
    where: { position: number; i: number },
  ): number {
    const [kind, value] = site.patch as readonly [string, unknown];
    if (kind === "set") {
      return typeof value === "function" ? value(prompt)[where.i] : (value as number);
    }
    if (kind === "scale") return before * (value as number);
    if (kind === "add") return before + (value as number);
    if (kind === "zero") return 0;
    if (kind === "mean") return meanOf(site, where.i);
    return valueOfAnother(site, (prompt + 1) % prompts.length, where);
  }

  function valueOfAnother(
    site: PatchedPlace,
    of: number,
    where: { position: number; i: number },
  ): number {
    const { shape, data } = clean[of].get(site.hook as string)!;
    const places = placesOf(site, shape, prompts[of].length);
    const same = (place: { position: number; i: number }) =>
      place.i === where.i && (site.pos !== "all" || place.position === where.position);
    return data[places.find(same)!.at];
  }

  function meanOf(site: PatchedPlace, i: number): number {
    const values = prompts.flatMap((tokens, of) => {
      const { shape, data } = clean[of].get(site.hook as string)!;
      return placesOf(site, shape, tokens.length)
        .filter((place) => place.i === i)
        .map(({ at }) => data[at]);
    });
    return values.reduce((total, value) => total + value, 0) / values.length;
  }
}

/** Where a site's numbers lie in an activation: the i-th of them at each of its positions. */
function placesOf(
  { hook, pos, head, index }: PatchedPlace,
  shape: readonly number[],
  T: number,
): { at: number; position: number; i: number }[] {
  const positions =
    pos === "all"
      ? Array.from({ length: T }, (_, t) => t)
      : [pos === "last" || pos === -1 ? T - 1 : (pos as number)];
  const heads = isOverKeys(hook as string) ? shape[0] : shape.length === 3 ? shape[1] : 1;
  const size = shape[shape.length - 1];
  const flat = Array.from({ length: heads * size }, (_, i) => i).filter((i) => {
    if (head !== undefined && Math.floor(i / size) !== head) return false;
    return index === undefined || (head === undefined ? i : i % size) === index;
  });
  return positions.flatMap((position) =>
    flat.map((place, i) => {
      const [h, j] = [Math.floor(place / size), place % size];
      const at = isOverKeys(hook as string)
        ? (h * T + position) * T + j
        : (position * heads + h) * size + j;
      return { at, position, i };
    }),
  );
}

function isOverKeys(hook: string): boolean {
  return /scores$|pattern$/.test(hook);
}

/** `[pos][size]`, scores and patterns by query. */
function byPosition(hook: string, { shape, data }: Plain): number[][] {
  if (!isOverKeys(hook)) {
    const size = data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, t) => [...data.slice(t * size, (t + 1) * size)]);
  }
  const [H, T] = shape;
  return Array.from({ length: T }, (_, t) =>
    Array.from({ length: H }, (_, h) => [
      ...data.slice((h * T + t) * T, (h * T + t + 1) * T),
    ]).flat(),
  );
}

function closeTo(actual: Float32Array, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
  expected.forEach((value, i) => {
    if (actual[i] === value) return;
    const error = Math.abs(actual[i] - value) / largest;
    assert.ok(error < TOLERANCE, `${what}[${i}]: ${actual[i]} is not ${value}`);
  });
}
