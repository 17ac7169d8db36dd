import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { leadsTo, leadsToLater } from "../../src/model/hook-flow";
import type { HookPoint } from "../../src/model/hook-points";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { atLast, byPosition, fromByPosition } from "../../src/patching/activation-layout";
import { loadEngine } from "../../src/tensors/engine";
import { fixture } from "../golden";

before(() => loadEngine());

/** Each kind of block; windows of the last three are shorter than the prompt. */
const MODELS = [
  ...["gpt_neox", "gpt_neox_sequential", "phi", "llama", "qwen3", "opt"],
  ...["gemma2", "gpt_neo", "mistral"],
];
const TOKENS = Array.from({ length: 19 }, (_, i) => (7 * i + 3) % 60);
/** Less than 18: the first query sees one key, whatever its score. */
const DISTANCES = [1, 2, 4, 5, 6, 9, 12];

/** Activations at the last position when one is moved, so many positions before it or (null) everywhere. */
function lastValues(model: HookedTransformer, moved?: HookPoint, distance: number | null = null) {
  const values = new Map<HookPoint, Float32Array>();
  const visit = (value: tf.Tensor, point: HookPoint): tf.Tensor => {
    const flat = byPosition(point, value, 1);
    const [, T, size] = flat.shape;
    const isMovedAt = (t: number) => distance === null || t === T - 1 - distance;
    const by = Float32Array.from({ length: T * size }, (_, i) =>
      point === moved && isMovedAt(Math.floor(i / size)) ? 0.5 * Math.sin(1 + i) : 0,
    );
    const after = tf.add(flat, tf.tensor3d(by, flat.shape)) as tf.Tensor3D;
    values.set(point, atLast(after).dataSync<"float32">().slice());
    return fromByPosition(point, after, value);
  };
  tf.tidy(() => {
    const isThere = (name: string) => !name.endsWith("hook_result");
    model.runWithHooks(TOKENS, { fwdHooks: [[isThere, visit]] });
  });
  return values;
}

describe("which activations lead to which is what moving them shows", () => {
  for (const family of MODELS) {
    it(family, async () => {
      const model = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
      const { cfg } = model;
      const clean = lastValues(model);
      for (const from of clean.keys()) {
        const compare = (distance: number | null) => {
          const after = lastValues(model, from, distance);
          for (const to of clean.keys()) {
            const isMoved = Buffer.compare(
              Buffer.from(after.get(to)!.buffer),
              Buffer.from(clean.get(to)!.buffer),
            );
            const expected =
              distance === null ? leadsTo(from, to, cfg) : leadsToLater(from, to, distance, cfg);
            assert.equal(
              expected,
              isMoved !== 0,
              `${from.name} to ${to.name}, ${distance ?? "all"}`,
            );
          }
        };
        compare(null);
        // One distance of each activation, and all of those that reach furthest.
        const all = from.name === "blocks.0.hook_resid_pre" || from.name.endsWith("hook_v");
        for (const one of all ? [...DISTANCES, 18] : [DISTANCES[from.order % DISTANCES.length]]) {
          compare(one);
        }
      }
      model.dispose();
    });
  }
});
