import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHead } from "../../src/analysis/open-head";
import { HeadConfigError } from "../../src/errors";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { headFunction } from "../../src/heads/head-function";
import { linearWeights } from "../../src/heads/linear-weights";
import { loadHead } from "../../src/heads/load-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { patchHead } from "../../src/patching/head-experiment";
import type { Patch } from "../../src/patching/patch-kinds";
import { ARCHITECTURES, goldenArchitecture, goldenWeight } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture, type Runs, relativeToLargest } from "../golden";
import { llamaStyleTokenizer, vocabularyOf } from "../llama-style-tokenizer";

// Expected numbers: transformers 5.18, TransformerLens 3 and PyTorch (tests/fixtures/arch).
const TOLERANCE = 1e-4;
const folder = temporaryFolder();

function agree(actual: Runs, expected: Runs, what: string) {
  for (const key of ["activation", "prediction"] as const) {
    const error = relativeToLargest(actual[key], expected[key]);
    assert.ok(error < TOLERANCE, `${what}: ${key} is off by ${error}`);
  }
}

/** What the model writes where a head reads, at the last token of each prompt. */
function featuresOf({ model }: BoundHead, name: string, sequences: readonly number[][]) {
  return sequences.map((tokens) => {
    const [logits, cache] = model.runWithCache(tokens, { namesFilter: name as never });
    const rows = cache.get(name as never).dataSync();
    logits.dispose();
    cache.dispose();
    return rows.slice(rows.length - model.cfg.d_model);
  });
}

for (const family of ARCHITECTURES) {
  const { sequences, heads } = goldenArchitecture(family);
  const base = fixture("arch", family, "base-model");

  for (const [name, expected] of Object.entries(heads)) {
    it(`${family}: ${name} has the features, the activations and the predictions of PyTorch`, async () => {
      const head = await openHead(fixture("arch", family, expected.dir), { base });
      assert.equal(head.hook, expected.hook);
      const { features, predict } = headFunction(head);
      const rows = featuresOf(head, features, sequences);
      assert.ok(relativeToLargest(rows.flatMap((row) => [...row]), expected.features.flat()) < TOLERANCE); // biome-ignore format: one claim
      assert.ok(relativeToLargest(predict(rows), expected.baseline.prediction) < TOLERANCE);
      const patches = expected.experiments.map(({ patch }) => patch as Patch);
      const { baseline, patched } = await patchHead(head, sequences, patches);
      agree(baseline, expected.baseline, "baseline");
      patched.forEach((run, i) => {
        agree(run, expected.experiments[i], String(run.patch));
      });
      head.dispose();
    });
  }

  describe(`${family}: a token head`, () => {
    let model: HookedTransformer;
    before(async () => {
      model = await HookedTransformer.fromPretrained(base);
    });
    after(() => model.dispose());

    /** Of a random direction: central differences of the prediction, in float64. */
    function checkGradient(head: BoundHead) {
      const { features, predict, gradient } = headFunction(head);
      const size = 1e-5;
      for (const row of featuresOf(head, features, sequences)) {
        const found = gradient!(row);
        const expected = found.map((_, j) => {
          const at = (step: number) => predict([Float64Array.from(row, (x, k) => (k === j ? x + step : x))])[0]; // biome-ignore format: a function
          return (at(size) - at(-size)) / (2 * size);
        });
        const error = relativeToLargest(found, expected);
        assert.ok(error < 1e-6, `off by ${error}`);
      }
    }

    it("predicts by the model's own logits, and has their gradient", async () => {
      const head = await headOnDisk(join(folder, family), model, { head_type: "token" });
      const { features, predict } = headFunction(head);
      const own = predict(featuresOf(head, features, sequences));
      // The logits as a run gives them: behind the soft cap, where there is one.
      const expected = sequences.map((tokens) => {
        const logits = model.forward(tokens);
        const digits = Array.from(logits.dataSync()).slice(-model.cfg.d_vocab).slice(0, 10);
        logits.dispose();
        const weights = digits.map((logit) => Math.exp(logit - Math.max(...digits)));
        const total = weights.reduce((a, b) => a + b);
        return weights.reduce((sum, weight, digit) => sum + (digit * weight) / total, 0);
      });
      assert.ok(relativeToLargest(own, expected) < TOLERANCE);
      const { baseline } = await patchHead(head, sequences, []);
      assert.ok(relativeToLargest(baseline.prediction, expected) < TOLERANCE);
      checkGradient(head);
    });

    it("has the same gradient with norms that are not folded", async () => {
      const raw = await HookedTransformer.fromPretrainedNoProcessing(base);
      checkGradient(bindHead(await loadHead(join(folder, family)), raw));
      raw.dispose();
    });

    it("is the sum of the digits' embeddings and unembeddings", async () => {
      const head = bindHead(await loadHead(join(folder, family)), model);
      const { weights, alternative } = linearWeights(head);
      const W_E = goldenWeight(family, "processed", "embed.W_E");
      const W_U = goldenWeight(family, "processed", "unembed.W_U");
      const digits = Array.from({ length: 10 }, (_, i) => i);
      const sum = (of: (digit: number, j: number) => number) =>
        weights.map((_, j) => digits.reduce((all, digit) => all + (digit / 9) * of(digit, j), 0));
      assert.ok(
        relativeToLargest(
          weights,
          sum((i, j) => W_E[i][j]),
        ) < TOLERANCE,
      );
      assert.ok(
        relativeToLargest(
          alternative!.weights,
          sum((i, j) => W_U[j][i]),
        ) < TOLERANCE,
      );
    });
  });
}

describe("the ten digits of a token head", () => {
  const source = fixture("arch", "llama", "base-model");
  const DIGITS = [..."0123456789"];

  /** The digits of a token head on a Llama with these tokens. */
  async function digitsIn(name: string, vocab: Record<string, number>, config: object = {}) {
    const base = join(folder, name);
    cpSync(source, base, { recursive: true });
    writeFileSync(join(base, "tokenizer.json"), JSON.stringify(llamaStyleTokenizer(vocab)));
    const head = join(folder, `${name}-head`);
    mkdirSync(head, { recursive: true });
    const head_config = { input_dim: 32, ...config };
    const keys = { head_type: "token", target_layer: 1, target_neuron: 0, layer_type: "mlp_out" };
    writeFileSync(join(head, "config.json"), JSON.stringify({ ...keys, head_config }));
    cpSync(join(folder, "llama", "head.safetensors"), join(head, "head.safetensors"));
    const opened = await openHead(head, { base });
    opened.dispose();
    return opened.digitTokens;
  }
  const from = (start: number) => DIGITS.map((_, i) => start + i);

  it("are the tokens that are exactly the digits, though a text of one is two tokens", async () => {
    assert.deepEqual(await digitsIn("plain", vocabularyOf(DIGITS)), from(2));
  });

  it("are those also where ▁d is there too", async () => {
    const both = vocabularyOf([...DIGITS.map((digit) => `▁${digit}`), ...DIGITS]);
    assert.deepEqual(await digitsIn("both", both), from(12));
  });

  it("are else the tokens ▁d, for each digit by itself", async () => {
    const marked = DIGITS.map((digit) => `▁${digit}`);
    assert.deepEqual(await digitsIn("marked", vocabularyOf(marked)), from(2));
    const mixed = marked.map((token, i) => (i === 3 ? "3" : token));
    assert.deepEqual(await digitsIn("mixed", vocabularyOf(mixed)), from(2));
  });

  it("are refused where one is missing or no id of the model, unless digit_tokens says them", async () => {
    const missing = vocabularyOf(DIGITS.filter((digit) => digit !== "7"));
    await assert.rejects(digitsIn("missing", missing), (error) => {
      assert.ok(error instanceof HeadConfigError);
      assert.match(error.message, /no token for the digit 7.*"7".*"▁7".*digit_tokens/s);
      return true;
    });
    const outside = { ...vocabularyOf(DIGITS), "9": 120 };
    await assert.rejects(digitsIn("outside", outside), /no token for the digit 9.*id 120 of 120/s);
    const digit_tokens = from(40);
    assert.deepEqual(await digitsIn("said", missing, { digit_tokens }), digit_tokens);
  });
});
