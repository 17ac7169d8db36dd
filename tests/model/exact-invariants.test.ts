import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { ActivationCache } from "../../src/model/activation-cache";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { fixture, goldenSequences, relativeToLargest } from "../golden";

/** What must hold whatever the weights (SPEC section 6); no expected numbers. */
describe("a hooked model", () => {
  let processed: HookedTransformer;
  let raw: HookedTransformer;
  const tokens = goldenSequences()[3];
  const last = tokens.length - 1;

  before(async () => {
    processed = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
    raw = await HookedTransformer.fromPretrainedNoProcessing(fixture("golden-a", "base-model"));
  });
  after(() => {
    processed.dispose();
    raw.dispose();
  });

  function withCaches(check: (processedCache: ActivationCache, rawCache: ActivationCache) => void) {
    const [a, processedCache] = processed.runWithCache(tokens);
    const [b, rawCache] = raw.runWithCache(tokens);
    try {
      check(processedCache, rawCache);
    } finally {
      tf.dispose([a, b]);
      processedCache.dispose();
      rawCache.dispose();
    }
  }

  function agree(actual: tf.Tensor, expected: tf.Tensor, what: string, tolerance = 1e-5) {
    const error = relativeToLargest(actual.dataSync(), expected.dataSync());
    assert.ok(error < tolerance, `${what} is off by ${error}`);
  }

  it("gives the same log-probabilities processed and unprocessed", () => {
    tf.tidy(() =>
      agree(
        tf.logSoftmax(processed.forward(tokens)),
        tf.logSoftmax(raw.forward(tokens)),
        "log-probs",
      ),
    );
  });

  it("gives many rows what they get one by one, and what they get while they are looked at", () => {
    const rows = Array.from({ length: 700 }, (_, i) => [tokens[i % 3], tokens[(i + 1) % 4]]);
    tf.tidy(() => {
      const all = processed.forward(rows); // more tokens than are run together
      const [watched, cache] = processed.runWithCache(rows, { namesFilter: ["resid_pre", 0] });
      cache.dispose();
      agree(all, watched, "logits of rows that are looked at");
      for (const row of [0, 255, 256, 699]) {
        const own = tf.slice3d(all, [row, 0, 0], [1, -1, -1]);
        agree(own, processed.forward(rows[row]), `logits of row ${row}`);
      }
    });
  });

  it("gives the same log-probabilities with each switch alone", async () => {
    for (const alone of ["foldLn", "centerWritingWeights", "centerUnembed", "foldValueBiases"]) {
      const off = {
        foldLn: false,
        centerWritingWeights: false,
        centerUnembed: false,
        foldValueBiases: false,
      };
      const model = await HookedTransformer.fromPretrained(raw.folder, { ...off, [alone]: true });
      tf.tidy(() =>
        agree(tf.logSoftmax(model.forward(tokens)), tf.logSoftmax(raw.forward(tokens)), alone),
      );
      model.dispose();
    }
  });

  it("has processed residuals equal to raw residuals minus their mean", () => {
    withCaches((p, r) =>
      tf.tidy(() => {
        for (let layer = 0; layer < 4; layer++) {
          const residual = r.get("resid_post", layer);
          const centred = tf.sub(residual, tf.mean(residual, -1, true));
          agree(p.get("resid_post", layer), centred, `resid_post ${layer}`);
        }
      }),
    );
  });

  it("has the same attention patterns and mlp.hook_post processed and unprocessed", () => {
    withCaches((p, r) => {
      for (let layer = 0; layer < 4; layer++) {
        agree(p.get("pattern", layer), r.get("pattern", layer), `pattern ${layer}`);
        agree(p.get("post", layer), r.get("post", layer), `post ${layer}`);
      }
    });
  });

  it("has a residual stream that is the sum of what was written to it", () => {
    withCaches((p) =>
      tf.tidy(() => {
        let sum = tf.add(p.get("hook_embed"), p.get("hook_pos_embed"));
        for (let layer = 0; layer < 4; layer++) {
          sum = tf.addN([sum, p.get("attn_out", layer), p.get("mlp_out", layer)]);
        }
        agree(p.get("resid_post", -1), sum, "resid_post");
      }),
    );
  });

  it("stops before a layer with its resid_pre", () => {
    withCaches((p) => {
      for (let layer = 0; layer < 4; layer++) {
        const residual = processed.forward(tokens, { stopAtLayer: layer });
        assert.deepEqual(residual.dataSync(), p.get("resid_pre", layer).dataSync());
        residual.dispose();
      }
    });
  });

  it("changes no earlier position and no earlier layer when the last position is patched", () => {
    const zeroLast = (value: tf.Tensor) => {
      const [B, T, D] = value.shape as [number, number, number];
      const earlier = tf.slice3d(value as tf.Tensor3D, [0, 0, 0], [B, T - 1, D]);
      return tf.concat3d([earlier, tf.zeros([B, 1, D])], 1);
    };
    const [clean, cleanCache] = processed.runWithCache(tokens);
    const [patched, patchedCache] = processed.runWithCache(tokens, {
      fwdHooks: [[["mlp_out", 1], zeroLast]],
    });
    for (const name of cleanCache.keys().filter((key) => key.endsWith("hook_resid_post"))) {
      const before = cleanCache.get(name).arraySync() as number[][][];
      const after = patchedCache.get(name).arraySync() as number[][][];
      assert.deepEqual(after[0].slice(0, last), before[0].slice(0, last), name);
      const changes = name !== "blocks.0.hook_resid_post";
      assert.equal(
        JSON.stringify(after[0][last]) !== JSON.stringify(before[0][last]),
        changes,
        name,
      );
    }
    tf.dispose([clean, patched]);
    cleanCache.dispose();
    patchedCache.dispose();
  });

  it("is not changed by hooks that return nothing, and forgets hooks when the call ends or throws", () => {
    const clean = processed.forward(tokens);
    const seen: string[] = [];
    const watched = processed.runWithHooks(tokens, {
      fwdHooks: [
        ["blocks.-1.hook_mlp_out", (_value, { name }) => void seen.push(`first ${name}`)],
        [["mlp_out", 3], (_value, { name }) => void seen.push(`second ${name}`)],
      ],
    });
    assert.deepEqual(seen, ["first blocks.3.hook_mlp_out", "second blocks.3.hook_mlp_out"]);
    assert.deepEqual(watched.dataSync(), clean.dataSync());
    const before = tf.memory().numTensors;
    const fail = () => {
      throw new Error("from a hook");
    };
    assert.throws(
      () => processed.runWithHooks(tokens, { fwdHooks: [[["post", 2], fail]] }),
      /from a hook/,
    );
    assert.throws(
      () => processed.runWithCache(tokens, { fwdHooks: [[["post", 2], fail]] }),
      /from a hook/,
    );
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
    const again = processed.forward(tokens);
    assert.deepEqual(again.dataSync(), clean.dataSync());
    tf.dispose([clean, watched, again]);
  });

  it("refuses what it cannot run before TensorFlow sees it", () => {
    const refused: [() => unknown, RegExp][] = [
      [() => processed.forward([]), /the prompt is empty/],
      [() => processed.forward([[1, 2], []]), /prompt 1 is empty/],
      [() => processed.forward([[300]]), /prompt 0 has a token id outside/],
      [
        () => processed.forward([300]),
        /outside the vocabulary at position 0; found 300, expected a whole number from 0 to 299/,
      ],
      [() => processed.forward([1.5]), /found 1.5/],
      [() => processed.forward([[1, 2], [3]]), /differ in length; found lengths 1, 2/],
      [
        () => processed.forward(Array(65).fill(1)),
        /longer than the model's context; found 65 tokens, expected at most 64/,
      ],
      [() => processed.forward("a text"), /has no tokenizer/],
      [() => processed.forward(5 as never), /not a model input/],
      [() => processed.forward(tokens, { stopAtLayer: 9 }), /stopAtLayer is out of range; found 9/],
      [
        () =>
          processed.runWithHooks(tokens, {
            fwdHooks: [["blocks.1.hook_mlp_ou" as never, () => {}]],
          }),
        /Did you mean "blocks.1.hook_mlp_out"/,
      ],
      [() => processed.runWithCache(tokens, { namesFilter: /nothing/ }), /matches no activation/],
      [
        () => processed.runWithCache(tokens, { namesFilter: ["mlp_out", 7] }),
        /layer is out of range; found 7/,
      ],
      [
        () => processed.runWithHooks(tokens, { fwdHooks: [[["post", 2], () => tf.scalar(1)]] }),
        /returned another kind of tensor/,
      ],
      [
        () =>
          processed.runWithHooks(tokens, { fwdHooks: [[["post", 2], (async () => {}) as never]] }),
        /cannot be async/,
      ],
    ];
    const before = tf.memory().numTensors;
    for (const [run, message] of refused) assert.throws(run, message);
    assert.equal(tf.memory().numTensors, before, "tensors leaked");
  });
});
