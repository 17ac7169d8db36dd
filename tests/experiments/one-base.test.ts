import assert from "node:assert/strict";
import fs, { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { HeadConfigError, InputError } from "../../src/errors";
import { analyzeActivationPatching } from "../../src/experiments/activation-patching/measure";
import { analyzeLinearWeights } from "../../src/experiments/linear-weights/measure";
import type { BoundHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { openBase } from "../../src/model/open-base";
import { writeRandomModel } from "../patching/random-model";
import { headOnDisk } from "./head-on-disk";

const SIZES = { layers: 2, heads: 2, d_head: 4, d_mlp: 8, d_vocab: 20, n_ctx: 8 };
/** A model of more bytes is hashed when it is needed only. */
const LARGE = 17_000_000;
const PROMPTS = [
  [1, 2, 3],
  [4, 5],
  [6, 7, 8],
];

const analyses = async (head: BoundHead) => [
  await analyzeActivationPatching(head, PROMPTS, { timestamp: "t", controls: { neurons: 2 } }),
  await analyzeLinearWeights(head, { timestamp: "t", randomVectors: 10, prompts: PROMPTS }),
];

describe("several heads on one base model", () => {
  const root = mkdtempSync(join(tmpdir(), "tslens-one-base-"));
  const [folder, other] = [join(root, "base"), join(root, "other")];
  const heads = [join(root, "first"), join(root, "second")];
  before(async () => {
    for (const [path, heads] of [
      [folder, 2],
      [other, 3],
    ] as const) {
      mkdirSync(path);
      await writeRandomModel(path, { ...SIZES, heads }, 1, (tensors) => {
        const data = new Float32Array(LARGE / 4);
        tensors.set("of_no_use", { dtype: "float32", shape: [LARGE / 4], data });
      });
    }
    const model = await HookedTransformer.fromPretrained(folder);
    await headOnDisk(heads[0], model, { layer_type: "post", target_neuron: 3 });
    await headOnDisk(heads[1], model, { target_neuron: 5, head_type: "token", token_pos: 1 });
    model.dispose();
  });
  after(() => rmSync(root, { recursive: true }));

  it("give what each gives with a base model of its own, which is hashed once", async () => {
    const alone: unknown[] = [];
    for (const path of heads) {
      const head = await openHead(path, { base: folder });
      alone.push(await analyses(head));
      head.dispose();
    }
    const reads = mock.method(fs, "createReadStream");
    const base = await openBase(folder);
    const shared: unknown[] = [];
    for (const path of heads) {
      const head = await openHead(path, { base });
      assert.equal(head.model, base);
      shared.push(await analyses(head));
      head.dispose();
    }
    const read = reads.mock.calls.map(({ arguments: [path] }) => String(path));
    reads.mock.restore();
    assert.equal(JSON.stringify(shared), JSON.stringify(alone));
    assert.deepEqual(
      base.files!.paths.map((path) => read.filter((one) => one === path).length),
      base.files!.paths.map(() => 1),
    );
    base.dispose();
  });

  it("leave it usable when one of them is disposed, and free what they loaded themselves", async () => {
    const base = await openBase(folder);
    const [first, second] = [
      await openHead(heads[0], { base }),
      await openHead(heads[1], { base }),
    ];
    const before = tf.memory().numTensors;
    first.dispose();
    assert.equal(tf.memory().numTensors, before);
    await analyzeActivationPatching(second, PROMPTS, { controls: false });
    base.dispose();
    const none = tf.memory().numTensors;
    const own = await openHead(heads[0], { base: folder });
    assert.ok(tf.memory().numTensors > none);
    own.dispose();
    own.dispose();
    assert.equal(tf.memory().numTensors, none);
  });

  it("refuse one that does not fit, and leave it open", async () => {
    const base = await openBase(other);
    const before = tf.memory().numTensors;
    await assert.rejects(openHead(heads[0], { base }), (error: Error) => {
      assert.ok(error instanceof HeadConfigError);
      assert.match(error.message, /trained on another base model; found d_model 8, expected 12/);
      return true;
    });
    await assert.rejects(openHead(join(root, "nowhere"), { base }), HeadConfigError);
    assert.equal(tf.memory().numTensors, before);
    base.forward([1, 2]).dispose();
    base.dispose();
  });

  const refused = async (base: HookedTransformer, message: RegExp, revision?: string) => {
    await assert.rejects(openHead(heads[0], { base, revision }), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
    base.dispose();
  };

  it("refuse one whose weights are not processed as heads are trained on", async () => {
    const raw = await HookedTransformer.fromPretrainedNoProcessing(folder);
    await refused(raw, /found .*base without foldLn, centerWritingWeights, centerUnembed, fold/);
    const one = await HookedTransformer.fromPretrained(folder, { foldValueBiases: false });
    await refused(one, /not processed as heads are trained on; found .* without foldValueBiases,/);
  });

  it("refuse one that was made of arrays, and a revision of one that is open", async () => {
    const source = openSafetensors(join(folder, "model.safetensors"));
    const names = source.names.filter((name) => name !== "of_no_use");
    const tensors = new Map(names.map((name) => [name, source.read(name)]));
    source.close();
    const config = JSON.parse(fs.readFileSync(join(folder, "config.json"), "utf8"));
    const made = HookedTransformer.fromTensors(config, tensors);
    await refused(made, /was not read from files, so no result could name it; found arrays in mem/);
    await refused(
      await openBase(folder),
      /has its revision already; found revision "main"/,
      "main",
    );
  });
});
