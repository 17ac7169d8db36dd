import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { InputError } from "../../src/errors";
import type { BoundHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { doseResponse } from "../../src/patching/dose-response";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture } from "../golden";

const MODELS = join(__dirname, "..", "..", "models");
const VALUES = [-3, -0.5, 0, 2];

/** The prediction of a whole run with a hook that sets the neuron at the measured token. */
function predictionAt(head: BoundHead, ids: readonly number[], value: number): number {
  const { model, hook, index, reads } = head;
  const set = (activation: tf.Tensor) => {
    const { shape } = activation;
    const data = activation.dataSync().slice();
    data[data.length - shape[shape.length - 1]! + index] = value;
    return tf.tensor(data, shape);
  };
  const [logits, cache] = model.runWithCache([...ids], {
    namesFilter: [...reads],
    fwdHooks: [[hook, set as never]],
  });
  const last = reads.map((name) => {
    const rows = (cache.get(name).arraySync() as number[][][])[0];
    return [name, tf.tensor2d([rows[rows.length - 1]])] as const;
  });
  const [prediction] = head.predict(new Map(last));
  tf.dispose([logits, ...last.map(([, row]) => row)]);
  cache.dispose();
  return prediction;
}

async function checkResponses(head: BoundHead, prompts: readonly (readonly number[])[]) {
  const { texts } = await doseResponse(head, prompts, VALUES);
  for (const [i, { tokens, position, prediction, clean }] of texts.entries()) {
    assert.deepEqual(tokens, prompts[i]);
    const ids = tokens.slice(0, position + 1);
    const scale = Math.max(1, Math.abs(clean.prediction));
    for (const [v, value] of VALUES.entries()) {
      const error = Math.abs(prediction[v] - predictionAt(head, ids, value));
      assert.ok(error < 1e-4 * scale, `text ${i}, value ${value}: off by ${error}`);
    }
  }
  const runs = await head.run(prompts);
  for (const [i, { clean, position }] of texts.entries()) {
    assert.ok(Math.abs(clean.activation - runs[i].activation[position]) < 1e-4);
    assert.ok(Math.abs(clean.prediction - runs[i].prediction[position]) < 1e-4);
  }
}

describe("the dose–response of a bundled head", () => {
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(join(MODELS, "tiny-gpt2"));
  });
  after(() => base.dispose());
  const open = (name = "neuron_l2_n52_20261122_120000") => openHead(join(MODELS, name), { base });
  const texts = ["The king said to his", "Once", "Who are you?"];

  for (const name of [
    "neuron_l2_n52_20261122_120000",
    "neuron_l2_n94_20261122_120200",
    "neuron_l3_n26_20261122_120300",
  ]) {
    // biome-ignore format: one line
    it(`${name} is that of whole runs with the neuron set`, async () => {
      await checkResponses(await open(name), base.toTokens(texts));
    });
  }

  it("spans the range over the texts where no values are given, of one text from 0 to twice its own", async () => {
    const head = await open();
    const several = await doseResponse(head, texts);
    const clean = several.texts.map((text) => text.clean.activation);
    assert.equal(several.values.length, 21);
    assert.equal(several.values[0], Math.min(...clean));
    assert.equal(several.values.at(-1), Math.max(...clean));
    const { values, texts: [one] } = await doseResponse(head, texts[0]); // biome-ignore format: one line
    assert.equal(values.length, 21);
    assert.equal(values[10], one.clean.activation);
    assert.deepEqual([values[0], values[20]].sort((a, b) => a - b), [0, Math.fround(2 * one.clean.activation)].sort((a, b) => a - b)); // biome-ignore format: one line
    assert.equal(one.prediction[10], one.clean.prediction, "set to what it is: bit for bit");
    assert.equal(one.strToken, " his");
  });

  it("takes each value once, rising, in float32", async () => {
    const { values, texts: [one] } = await doseResponse(await open(), texts[0], [1, 0.1, 1, -2]); // biome-ignore format: one line
    assert.deepEqual(values, [-2, Math.fround(0.1), 1]);
    assert.equal(one.prediction.length, 3);
  });

  it("says where no value can change the prediction", async () => {
    const head = await headOnDisk(join(temporaryFolder(), "late"), base, {
      ...{ target_layer: 3, feature_layer: 1 },
    });
    const { whyFlat, texts: of } = await doseResponse(head, texts);
    assert.match(whyFlat!, /hook_mlp_out is computed after blocks.1.hook_resid_post/);
    for (const { clean, prediction } of of) {
      assert.deepEqual(new Set(prediction), new Set([clean.prediction]));
    }
    assert.equal((await doseResponse(await open(), texts)).whyFlat, null);
  });

  it("refuses what it cannot run, and frees its tensors", async () => {
    const head = await open();
    const before = tf.memory().numTensors;
    const refused: [unknown, unknown, RegExp][] = [
      [texts, [], /there is no value/],
      [texts, [1, Number.NaN], /value 1 is nothing/],
      [texts, [1e39], /value 0 is nothing/],
      [texts, ["1"], /value 0 is nothing/],
      [texts, 3, /there is no value/],
      [[], [1], /there is no prompt/],
      ["", [1], /the prompt is empty/],
    ];
    for (const [of, values, message] of refused) {
      await assert.rejects(doseResponse(head, of as string, values as number[]), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        return true;
      });
    }
    await doseResponse(head, texts);
    assert.equal(tf.memory().numTensors, before);
  });
});

describe("the dose–response in other families", () => {
  const folder = temporaryFolder();
  for (const family of ARCHITECTURES.filter((_, i) => i % 3 === 2)) {
    it(`${family}: is that of whole runs with the neuron set`, async () => {
      const { sequences } = goldenArchitecture(family);
      const base = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
      const head = await headOnDisk(join(folder, family), base, {
        ...{ layer_type: "post", target_neuron: 3, feature_layer: 1, token_pos: -2, scale: 0.3 },
      });
      await checkResponses(head, sequences);
      base.dispose();
    });
  }
});
