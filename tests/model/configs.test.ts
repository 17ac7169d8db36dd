import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { openSafetensors } from "../../src/checkpoints/safetensors-reader";
import { writeSafetensors } from "../../src/checkpoints/safetensors-writer";
import { ModelConfigError } from "../../src/errors";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, relativeToLargest } from "../golden";

const variants = (...parts: string[]) => fixture("gpt2-variants", ...parts);

// Expected logits: transformers 5.18 on PyTorch 2.13 (gpt2-variants/make.py).
describe("every kind of GPT-2 has Hugging Face's logits", () => {
  const { tokens, logits }: { tokens: number[]; logits: Record<string, number[][]> } = JSON.parse(
    readFileSync(variants("expected.json"), "utf8"),
  );

  for (const [name, expected] of Object.entries(logits)) {
    it(name, async () => {
      const raw = await HookedTransformer.fromPretrainedNoProcessing(variants(name));
      const processed = await HookedTransformer.fromPretrained(variants(name));
      tf.tidy(() => {
        const error = relativeToLargest(raw.forward(tokens).dataSync(), expected.flat());
        assert.ok(error < 1e-5, `logits are off by ${error}`);
        const logProbs = tf.logSoftmax(tf.tensor(expected)).dataSync();
        const processedError = relativeToLargest(
          tf.logSoftmax(processed.forward(tokens)).dataSync(),
          logProbs,
        );
        assert.ok(processedError < 1e-5, `processed log-probs are off by ${processedError}`);
      });
      raw.dispose();
      processed.dispose();
    });
  }
});

describe("a configuration or weights that cannot be run", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tslens-configs-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A copy of a variant with another configuration, or other tensors. */
  async function changed(
    variant: string,
    config: Record<string, unknown>,
    change: (tensors: Map<string, NamedArray>) => void = () => {},
  ): Promise<string> {
    cpSync(variants(variant), folder, { recursive: true });
    const file = join(folder, "config.json");
    const own = JSON.parse(readFileSync(variants(variant, "config.json"), "utf8"));
    writeFileSync(file, JSON.stringify({ ...own, ...config }));
    const source = openSafetensors(variants(variant, "model.safetensors"));
    const tensors = new Map(source.names.map((name) => [name, source.read(name)]));
    source.close();
    change(tensors);
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    return folder;
  }

  async function refuses(path: string, message: RegExp): Promise<void> {
    const before = tf.memory().numTensors;
    await assert.rejects(HookedTransformer.fromPretrained(path), (error: Error) => {
      assert.ok(error instanceof ModelConfigError, `${error}`);
      assert.match(error.message, message);
      return true;
    });
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  }

  it("is refused by name", async () => {
    const cases: [Record<string, unknown>, RegExp][] = [
      [
        { activation_function: "prelu" },
        /"activation_function" is not usable; found "prelu", expected gelu_new, /,
      ],
      [{ model_type: "bloom" }, /this family of models is not known; found "model_type": "bloom"/],
      [{ add_cross_attention: true }, /"add_cross_attention" is not usable; found true/],
      [{ n_head: 3 }, /n_embd cannot be divided among the heads; found n_embd 8, n_head 3/],
      [{ n_inner: 0 }, /"n_inner" is not usable; found 0/],
      [{ n_layer: "2" }, /"n_layer" is not usable; found "2"/],
      [{ vocab_size: null }, /"vocab_size" is not usable; found null/],
      [{ n_positions: 13 }, /"transformer.wpe.weight" has another shape .* found \[12, 8\]/],
      [{ n_layer: 3 }, /12 missing \(h.2.ln_1.weight, .* and 6 more\)/],
    ];
    for (const [config, message] of cases) await refuses(await changed("plain", config), message);
  });

  it("is refused if a tensor stands there with and without prefix, or is missing or not finite", async () => {
    const twice = await changed("plain", {}, (tensors) => {
      tensors.set("wte.weight", tensors.get("transformer.wte.weight")!);
    });
    await refuses(
      twice,
      /there are two tensors "wte.weight"; found ".*wte.weight" and ".*wte.weight"/,
    );
    const headless = await changed("untied", {}, (tensors) => {
      tensors.delete("lm_head.weight");
    });
    await refuses(headless, /1 missing \(lm_head.weight\)/);
    const infinite = await changed("plain", {}, (tensors) => {
      const { shape } = tensors.get("transformer.ln_f.bias")!;
      const data = new Float32Array(8).fill(1);
      data[5] = Number.POSITIVE_INFINITY;
      tensors.set("transformer.ln_f.bias", { dtype: "float32", shape, data });
    });
    await refuses(infinite, /not finite; found Infinity at element 5/);
  });

  it("runs an lm_head of its own in a model that is tied, as transformers does", async () => {
    const path = await changed("plain", {}, (tensors) => {
      const { shape, data } = tensors.get("transformer.wte.weight")!;
      const doubled = (data as Float32Array).map((value) => 2 * value);
      tensors.set("lm_head.weight", { dtype: "float32", shape, data: doubled });
    });
    const model = await HookedTransformer.fromPretrainedNoProcessing(path);
    const plain = await HookedTransformer.fromPretrainedNoProcessing(variants("plain"));
    tf.tidy(() => {
      const doubled = tf.mul(plain.forward([1, 2, 3]), 2);
      const error = relativeToLargest(model.forward([1, 2, 3]).dataSync(), doubled.dataSync());
      assert.ok(error < 1e-6, `off by ${error}`);
    });
    model.dispose();
    plain.dispose();
  });
});
