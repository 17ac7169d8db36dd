import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { getWeight, weightNames } from "../../src/model/named-weights";
import { fixture } from "../golden";

// Published values for the real gpt2 (gpt2-published.json says where each comes from). Opt-in: it
// needs the weights and the tokenizer, a Hugging Face folder named by TSLENS_GPT2_DIR.
const folder = process.env.TSLENS_GPT2_DIR;
const published = JSON.parse(readFileSync(fixture("gpt2-published.json"), "utf8"));

/** The prompts of TransformerLens's Exploratory_Analysis_Demo: each text with either name given twice. */
const IOI: readonly [text: string, names: readonly [string, string]][] = [
  ["When John and Mary went to the shops,{} gave the bag to", [" Mary", " John"]],
  ["When Tom and James went to the park,{} gave the ball to", [" Tom", " James"]],
  ["When Dan and Sid went to the shops,{} gave an apple to", [" Dan", " Sid"]],
  ["After Martin and Amy went to the park,{} gave a drink to", [" Martin", " Amy"]],
];

/** The text of TransformerLens's Main_Demo. */
const ABSTRACT =
  "Natural language processing tasks, such as question answering, machine translation, reading " +
  "comprehension, and summarization, are typically approached with supervised learning on " +
  "taskspecific datasets.";

describe("the real gpt2 has the published values", {
  skip: folder ? false : "set TSLENS_GPT2_DIR to gpt2's folder",
}, () => {
  let model: HookedTransformer;

  before(async () => {
    model = await HookedTransformer.fromPretrained(folder!);
  });
  after(() => model?.dispose());

  const close = (actual: number, expected: number, tolerance: number) =>
    assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, published ${expected}`);

  const prompts = IOI.flatMap(([text, names]) =>
    [0, 1].map((j) => ({
      text: text.replace("{}", names[1 - j]),
      right: names[j],
      wrong: names[1 - j],
    })),
  );

  /** Logit differences right − wrong at the last position, by prompt. */
  function logitDifferences(logits: tf.Tensor3D): number[] {
    const rows = tf.tidy(() =>
      tf
        .squeeze<tf.Tensor2D>(tf.slice3d(logits, [0, logits.shape[1] - 1, 0], [-1, 1, -1]), [1])
        .arraySync(),
    );
    logits.dispose();
    const id = (name: string) => model.toTokens(name)[0];
    return prompts.map(({ right, wrong }, row) => rows[row][id(right)] - rows[row][id(wrong)]);
  }

  it("loss of “Hello world!”", () => {
    const { tokens, loss } = published.loss_hello_world;
    assert.deepEqual(model.toTokens("Hello world!", { prependBos: true }), tokens);
    const own = model.forward(tokens, { returnType: "loss" });
    close(own.dataSync()[0], loss, 1e-3);
    own.dispose();
  });

  it("logits of “hi how are you” without BOS", () => {
    const logits = model.forward("hi how are you");
    const rows = logits.arraySync()[0];
    logits.dispose();
    const { issue: _, ...parts } = published.hi_how_are_you_no_bos as Record<string, number[]>;
    for (const [where, expected] of Object.entries(parts)) {
      const [, row, columns] = /^logits\[(\d+),(.+)\]$/.exec(where)!;
      const values = columns === ":3" ? rows[Number(row)].slice(0, 3) : rows[Number(row)].slice(-3);
      expected.forEach((value, i) => {
        close(values[i], value, 1e-3);
      });
    }
  });

  it("logit differences of indirect objects", () => {
    const { per_prompt, mean } = published.ioi_logit_diff;
    const texts = prompts.map(({ text }) => text);
    const differences = logitDifferences(model.forward(texts, { prependBos: true }));
    differences.forEach((value, i) => {
      close(value, per_prompt[i], 2e-3);
    });
    close(differences.reduce((sum, value) => sum + value, 0) / 8, mean, 1e-3);
  });

  it("logit difference without head L9H9 at the last position", () => {
    const zeroed = (z: tf.Tensor) => {
      const [B, T, H, K] = z.shape as [number, number, number, number];
      const mask = tf.buffer([1, T, H, 1]);
      for (let t = 0; t < T; t++)
        for (let h = 0; h < H; h++) mask.set(t === T - 1 && h === 9 ? 0 : 1, 0, t, h, 0);
      return tf.mul(z, tf.broadcastTo(mask.toTensor(), [B, T, H, K]));
    };
    const texts = prompts.map(({ text }) => text);
    const logits = model.runWithHooks(texts, { prependBos: true, fwdHooks: [[["z", 9], zeroed]] });
    const mean = logitDifferences(logits).reduce((sum, value) => sum + value, 0) / 8;
    close(mean, published.ioi_zero_ablate_L9H9_last_position.mean_logit_diff, 0.01);
  });

  it("loss without the values of head L0H8", () => {
    const { loss_before, loss_after } = published.zero_ablate_hook_v_L0H8;
    const options = { prependBos: true, returnType: "loss" } as const;
    const clean = model.forward(ABSTRACT, options);
    const keep = tf.tensor4d(
      Array.from({ length: 12 }, (_, h) => (h === 8 ? 0 : 1)),
      [1, 1, 12, 1],
    );
    const ablated = model.runWithHooks(ABSTRACT, {
      ...options,
      fwdHooks: [[["v", 0], (v) => tf.mul(v, keep)]],
    });
    close(clean.dataSync()[0], loss_before, 2e-3);
    close(ablated.dataSync()[0], loss_after, 2e-3);
    tf.dispose([clean, ablated, keep]);
  });

  it("number of parameters", async () => {
    const raw = await HookedTransformer.fromPretrainedNoProcessing(folder!);
    const own = weightNames(raw).filter((name) => !name.startsWith("unembed."));
    const sizes = tf.tidy(() => own.map((name) => getWeight(raw, name).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.equal(total, published.parameters.total);
    assert.ok(weightNames(raw).includes("blocks.11.ln2.w"));
    raw.dispose();
  });
});
