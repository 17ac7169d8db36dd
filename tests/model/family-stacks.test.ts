import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { ActivationCache } from "../../src/model/activation-cache";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight } from "../../src/model/named-weights";
import type { LabelledStack } from "../../src/model/residual-stack";
import { randomStream } from "../../src/stats/random-stream";
import { relativeToLargest } from "../golden";
import { KINDS, randomFamilyModel } from "../patching/random-family";
import type { Rules } from "../patching/straight-forward";

const TOLERANCE = 2e-5;

/** What the parts of the residual stream are by definition: their sum is what is read, in every family. */
for (const kind of KINDS) {
  describe(`the residual stream of ${kind.name}, taken apart`, () => {
    let model: HookedTransformer;
    let rules: Rules;
    let cache: ActivationCache;
    let logits: tf.Tensor3D;
    let tensors: number;

    before(async () => {
      ({ model, rules } = await randomFamilyModel(kind, 4));
      const random = randomStream(2, kind.name);
      const row = () => Array.from({ length: 5 }, () => random.integer(0, rules.d_vocab - 1));
      [logits, cache] = model.runWithCache([row(), row()]);
      tensors = tf.memory().numTensors;
    });
    after(() => {
      assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
      logits.dispose();
      cache.dispose();
      model.dispose();
    });

    /** The sum of a stack's components (or the last of them), which is disposed. */
    const sumOf = ({ stack, labels }: LabelledStack, chosen = labels) => {
      const size = stack.size / labels.length;
      const data = stack.dataSync();
      stack.dispose();
      return Float32Array.from({ length: size }, (_, i) =>
        labels.reduce(
          (sum, label, c) => sum + (chosen.includes(label) ? data[c * size + i] : 0),
          0,
        ),
      );
    };
    const same = (actual: ArrayLike<number>, expected: tf.Tensor, what: string) => {
      const error = relativeToLargest(actual, expected.dataSync());
      assert.ok(error < TOLERANCE, `${what} is off by ${error}`);
    };

    it("what was written sums up to what each layer reads", () => {
      for (let layer = 0; layer < rules.layers; layer++) {
        same(sumOf(cache.decomposeResid(layer)), cache.get("resid_pre", layer), `${layer}`);
        const mlp = { mlpInput: true };
        const reads = rules.isParallel ? "resid_pre" : "resid_mid";
        same(sumOf(cache.decomposeResid(layer, mlp)), cache.get(reads, layer), `MLP ${layer}`);
        const ln = { applyLn: true };
        same(
          sumOf(cache.decomposeResid(layer, ln)),
          cache.get("normalized", layer, "ln1"),
          `ln1 ${layer}`,
        );
        same(
          sumOf(cache.decomposeResid(layer, { ...mlp, ...ln })),
          cache.get("normalized", layer, "ln2"),
          `ln2 ${layer}`,
        );
        const { stack, labels } = cache.accumulatedResid(layer, mlp);
        const last = labels[labels.length - 1];
        same(sumOf({ stack, labels }, [last]), cache.get(reads, layer), `accumulated ${layer}`);
        assert.equal(last, `${layer}_${rules.isParallel ? "pre" : "mid"}`);
      }
      same(sumOf(cache.decomposeResid()), cache.get("resid_post", -1), "end");
      const { labels, stack } = cache.decomposeResid();
      assert.equal(labels.includes("pos_embed"), rules.rotary === null);
      stack.dispose();
    });

    it("the embeddings, attention and MLPs alone are those", () => {
      const parts = (mode: "attn" | "mlp") => cache.decomposeResid(-1, { mode, inclEmbeds: false });
      const outs = (short: "attn_out" | "mlp_out") =>
        tf.addN([...Array(rules.layers).keys()].map((layer) => cache.get(short, layer)));
      for (const mode of ["attn", "mlp"] as const) {
        const expected = outs(`${mode}_out`);
        same(sumOf(parts(mode)), expected, mode);
        expected.dispose();
      }
    });

    it("heads add up to attention's output less its bias, through a post-norm as well", () => {
      const { stack, labels } = cache.stackHeadResults(-1, { inclRemainder: true });
      assert.equal(labels.length, rules.layers * rules.heads + 1);
      same(sumOf({ stack: stack.clone(), labels }), cache.get("resid_post", -1), "with the rest");
      for (let layer = 0; layer < rules.layers; layer++) {
        const own = labels.filter((label) => label.startsWith(`L${layer}H`));
        const bias = getWeight(model, `blocks.${layer}.attn.b_O`);
        // Post-norm families have no b_O.
        if (rules.hasPostNorms) assert.ok(bias.dataSync().every((value) => value === 0));
        const expected = tf.tidy(() => tf.sub(cache.get("attn_out", layer), bias));
        same(sumOf({ stack: stack.clone(), labels }, own), expected, `layer ${layer}`);
        tf.dispose([bias, expected]);
      }
      stack.dispose();
    });

    it("logit attributions add up to the logit less b_U, before a cap", () => {
      const parts = cache.decomposeResid();
      const attributions = cache.logitAttrs(parts, 3);
      const expected = tf.tidy(() => {
        const bias = tf.slice(getWeight(model, "unembed.b_U"), 3, 1);
        const column = tf.slice(cache.get("unembed.hook_out"), [0, 0, 3], [-1, -1, 1]);
        return tf.sub(column, bias);
      });
      same(sumOf(attributions), expected, "attributions");
      tf.dispose([parts.stack, expected]);
    });

    it("the logit lens ends in the model's logits, and the stream in what is unembedded", () => {
      const lens = cache.logitLens();
      same(sumOf(lens, [lens.labels[lens.labels.length - 1]]), logits, "logits");
      const normed = cache.accumulatedResid(-1, { applyLn: true });
      same(sumOf(normed, ["final_post"]), cache.get("unembed.hook_in"), "unembed.hook_in");
    });
  });
}
