import assert from "node:assert/strict";
import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../src/errors";
import type { HookPointName } from "../../src/model/hook-names";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { silentProgress } from "../../src/progress/progress";
import { collectActivations } from "../../src/training/collect-activations";
import { put, temporaryFolder } from "../checkpoints/temporary-folder";
import { fixture, goldenSequences, relativeToLargest } from "../golden";

const cacheFolder = temporaryFolder();
const hooks: HookPointName[] = [
  "blocks.1.attn.hook_z",
  "blocks.2.mlp.hook_post",
  "blocks.3.hook_resid_post",
];
const prompts = goldenSequences();
let model: HookedTransformer;
let runs = 0;
const progress = () => {
  runs++;
  return silentProgress;
};

before(async () => {
  model = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
});
after(() => model.dispose());

test("the activations are those of each prompt run alone, whatever their lengths", async () => {
  const tensors = tf.memory().numTensors;
  const store = await collectActivations(model, prompts, hooks, { cacheFolder, progress });
  assert.equal(tf.memory().numTensors, tensors);
  assert.equal(runs, 1);
  for (const hook of hooks) {
    const all = store.read(hook);
    const size = store.sizeOf(hook);
    prompts.forEach((prompt, row) => {
      const [logits, cache] = model.runWithCache(prompt, { namesFilter: hook });
      const expected = cache.get(hook).dataSync().slice(-size);
      cache.dispose();
      logits.dispose();
      const actual = all.subarray(row * size, (row + 1) * size);
      assert.ok(relativeToLargest(actual, expected) < 1e-5);
    });
    const column = store.column(hook, 3);
    assert.deepEqual(
      [...column],
      [...prompts.keys()].map((row) => all[row * size + 3]),
    );
  }
});

test("a second head on the same model and prompts does not run the model again", async () => {
  runs = 0;
  await collectActivations(model, prompts, hooks.slice(1), { cacheFolder, progress });
  assert.equal(runs, 0);
  await collectActivations(model, prompts, [...hooks, "blocks.0.hook_mlp_out"], {
    cacheFolder,
    progress,
  });
  assert.equal(runs, 1);
  await collectActivations(model, prompts.slice(1), hooks, { cacheFolder, progress });
  assert.equal(runs, 2);
});

test("a file that was cut short is collected again", async () => {
  const folder = temporaryFolder();
  const options = { cacheFolder: folder, progress };
  const whole = (await collectActivations(model, prompts, hooks, options)).read(hooks[2]);
  truncateSync(join(folder, readdirSync(folder)[0], `${hooks[2]}.f32`), 100);
  const again = (await collectActivations(model, prompts, hooks, options)).read(hooks[2]);
  assert.deepEqual(again, whole);
});

test("a prompt that cannot run leaves nothing behind", async () => {
  const folder = temporaryFolder();
  const bad = [...prompts, [100_000]];
  await assert.rejects(collectActivations(model, bad, hooks, { cacheFolder: folder }), InputError);
  assert.deepEqual(
    readdirSync(folder, { recursive: true }).filter((name) => /\./.test(`${name}`)),
    [],
  );
});

test("a cache folder that cannot be used is refused with what to do", async () => {
  const file = put(temporaryFolder(), "file", "");
  await assert.rejects(
    collectActivations(model, prompts, hooks, { cacheFolder: file }),
    /cannot be used.*TSLENS_CACHE/,
  );
});
