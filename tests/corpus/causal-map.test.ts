import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { causalMap } from "../../src/corpus/causal-map";
import { InputError, InterruptedError } from "../../src/errors";
import type { BoundHead } from "../../src/heads/bind-head";
import type { HookPointName } from "../../src/model/hook-names";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture } from "../golden";

const MODELS = join(__dirname, "..", "..", "models");

/** Changes are differences of predictions, which are of size 1 here. */
const TOLERANCE = 1e-4;

/** The mean of an activation over all positions of all texts, each text run alone; float64. */
function meanOf(
  model: HookedTransformer,
  texts: readonly (readonly number[])[],
  hook: HookPointName,
) {
  const rows = texts.flatMap((ids) => {
    const [logits, cache] = model.runWithCache([...ids], { namesFilter: hook });
    const own = (cache.get(hook).arraySync() as number[][][])[0];
    logits.dispose();
    cache.dispose();
    return own;
  });
  return rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
}

/** The prediction of a whole run with hooks, `replaced` put in at one position of a hook. */
function predictionOf(
  head: BoundHead,
  ids: readonly number[],
  replaced: { hook: HookPointName; pos: number; by: readonly number[] } | null,
): number {
  const { model } = head;
  const put = (activation: tf.Tensor) => {
    const rows = activation.arraySync() as number[][][];
    rows[0][replaced!.pos] = [...replaced!.by];
    return tf.tensor3d(rows);
  };
  const [logits, cache] = model.runWithCache([...ids], {
    namesFilter: [...head.reads],
    fwdHooks: replaced ? [[replaced.hook, put as never]] : [],
  });
  const last = new Map(
    head.reads.map((name) => {
      const rows = (cache.get(name).arraySync() as number[][][])[0];
      return [name, tf.tensor2d([rows[rows.length - 1]])] as const;
    }),
  );
  const [prediction] = head.predict(last);
  tf.dispose([logits, ...last.values()]);
  cache.dispose();
  return prediction;
}

/** Every cell against one whole run with a hook. */
async function checkCells(head: BoundHead, ids: readonly number[], texts: readonly number[][]) {
  const map = await causalMap(head, ids, { texts });
  const measured = ids.slice(0, head.position(ids.length) + 1);
  assert.deepEqual(map.tokens, measured);
  const clean = predictionOf(head, measured, null);
  const expected = (name: "attn_out" | "mlp_out") =>
    map.layers.map((layer) => {
      const hook = `blocks.${layer}.hook_${name}` as HookPointName;
      const by = meanOf(head.model, texts, hook);
      return measured.map((_, pos) => predictionOf(head, measured, { hook, pos, by }) - clean);
    });
  const scale = Math.max(1, Math.abs(clean));
  assert.ok(Math.abs(map.clean - clean) < TOLERANCE * scale);
  for (const [key, name] of [
    ["attn", "attn_out"],
    ["mlp", "mlp_out"],
  ] as const) {
    for (const [i, row] of expected(name).entries()) {
      for (const [pos, change] of row.entries()) {
        const error = Math.abs(map[key][i][pos] - change);
        assert.ok(error < TOLERANCE * scale, `${key} ${i}, position ${pos}: off by ${error}`);
      }
    }
  }
  return map;
}

describe("the causal map of a bundled head", () => {
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(join(MODELS, "tiny-gpt2"));
  });
  after(() => base.dispose());
  const texts = ["Once upon a time there was", "He ran down the hill", "Who are you?"];

  for (const name of ["neuron_l2_n52_20261122_120000", "neuron_l3_n26_20261122_120300"]) {
    it(`${name}: each cell is a whole run with that place replaced by the mean`, async () => {
      const head = await openHead(join(MODELS, name), { base });
      const [ids] = base.toTokens(["The king said to his"]);
      const map = await checkCells(head, ids, base.toTokens(texts));
      assert.equal(map.layers.length, head.digitTokens ? 4 : map.layers.length);
      assert.ok(map.mlp.flat().some((change) => Math.abs(change) > 100 * map.rounding));
      assert.equal(map.strTokens.join(""), "The king said to his");
      assert.deepEqual(map.meanOver, {
        texts: 3,
        positions: base.toTokens(texts).flat().length,
      });
    });
  }

  it("takes means over held-out texts where none are given, frees its tensors and can be stopped", async () => {
    const head = await openHead(join(MODELS, "neuron_l2_n52_20261122_120000"), { base });
    const before = tf.memory().numTensors;
    const { meanOver } = await causalMap(head, "The king", { progress: null });
    assert.equal(meanOver.texts, 100);
    assert.equal(tf.memory().numTensors, before);
    await assert.rejects(
      causalMap(head, "The king", { texts, signal: AbortSignal.abort() }),
      InterruptedError,
    );
    assert.equal(tf.memory().numTensors, before);
  });

  it("refuses several texts and what cannot be run", async () => {
    const head = await openHead(join(MODELS, "neuron_l2_n52_20261122_120000"), { base });
    const refused: [unknown, object, RegExp][] = [
      [["a", "b"], {}, /a causal map is of one text; found 2 texts/],
      ["", {}, /the prompt is empty/],
      ["a", { texts: [] }, /there is no prompt/],
      ["a", { texts: ["b", ""] }, /prompt 1 is empty/],
    ];
    for (const [text, options, message] of refused) {
      await assert.rejects(causalMap(head, text as string, options), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        return true;
      });
    }
  });
});

describe("the causal map of other heads", () => {
  const folder = temporaryFolder();
  for (const family of ARCHITECTURES.filter((_, i) => i % 3 === 0)) {
    it(`${family}: each cell is a whole run`, async () => {
      const { sequences } = goldenArchitecture(family);
      const base = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
      const options = { feature_layer: 1, token_pos: 2, scale: 0.3 };
      const head = await headOnDisk(join(folder, family), base, options);
      const longest = sequences.reduce((a, b) => (b.length > a.length ? b : a));
      const map = await checkCells(head, longest, sequences);
      assert.deepEqual(map.layers, [0, 1]);
      assert.equal(map.tokens.length, 3);
      // Nothing is written at an earlier position of the last block that the head reads.
      assert.deepEqual(
        [map.attn[1].slice(0, 2), map.mlp[1].slice(0, 2)],
        [
          [0, 0],
          [0, 0],
        ],
      );
      base.dispose();
    });
  }
});
