import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { HookedTransformer } from "../../src/model/hooked-transformer";
import { KeyValueCache } from "../../src/model/key-value-cache";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { KINDS, N_CTX, randomFamilyModel } from "../patching/random-family";
import {
  type PlainWeights,
  plainWeights,
  type Rules,
  straightForward,
} from "../patching/straight-forward";

/** Runs on cached keys and values, and padded batches, of every family: as the independent float64 model says. */
for (const kind of KINDS) {
  describe(`cached and padded runs of ${kind.name}`, () => {
    let model: HookedTransformer;
    let rules: Rules;
    let weights: PlainWeights;
    let random: RandomStream;
    let tensors: number;

    before(async () => {
      ({ model, rules } = await randomFamilyModel(kind, 5));
      weights = plainWeights(model);
      random = randomStream(1, `cached runs of ${kind.name}`);
      tensors = tf.memory().numTensors;
    });
    after(() => {
      assert.equal(tf.memory().numTensors, tensors, "tensors left behind");
      model.dispose();
    });

    const ids = (length: number) =>
      Array.from({ length }, () => random.integer(0, rules.d_vocab - 1));
    /** `[pos][token]` */
    const expected = (tokens: readonly number[]) => {
      const { data } = straightForward(rules, weights, tokens).get("logits")!;
      return tokens.map((_, t) => [...data.slice(t * rules.d_vocab, (t + 1) * rules.d_vocab)]);
    };
    const logitsOf = (...[input, options]: Parameters<HookedTransformer["forward"]>) => {
      const logits = model.forward(input, options) as tf.Tensor3D;
      const values = logits.arraySync();
      logits.dispose();
      return values;
    };
    const close = (actual: readonly number[], wanted: readonly number[], what: string) =>
      wanted.forEach((value, token) => {
        const error = Math.abs(actual[token] - value) / Math.max(1, ...wanted.map(Math.abs));
        assert.ok(error < 2e-5, `${what}, token ${token}: ${actual[token]} is not ${value}`);
      });

    it("a text in parts is the text as a whole", () => {
      const tokens = ids(20);
      const whole = expected(tokens);
      const past = new KeyValueCache(model);
      let from = 0;
      for (const length of [7, 1, 5, 1, 6]) {
        const part = logitsOf(tokens.slice(from, from + length), { pastKvCache: past })[0];
        part.forEach((row, t) => {
          close(row, whole[from + t], `position ${from + t}`);
        });
        from += length;
      }
      past.dispose();
    });

    it("a cached beginning serves several continuations", () => {
      const [start, ends] = [ids(9), [ids(4), ids(4), ids(4)]];
      const past = new KeyValueCache(model);
      logitsOf(start, { pastKvCache: past });
      past.freeze();
      logitsOf(ends, { pastKvCache: past }).forEach((rows, i) => {
        const whole = expected([...start, ...ends[i]]);
        rows.forEach((row, t) => {
          close(row, whole[start.length + t], `continuation ${i}, position ${t}`);
        });
      });
      past.dispose();
    });

    for (const paddingSide of ["left", "right"] as const) {
      it(`rows padded on the ${paddingSide} are rows alone, and go on in a cache`, () => {
        const rows = [ids(3), ids(10), ids(7)];
        const after = [ids(5), ids(2), ids(1)];
        const past = new KeyValueCache(model);
        const check = (
          batch: readonly number[][],
          before: readonly number[][],
          run: number[][][],
        ) => {
          const longest = Math.max(...batch.map((row) => row.length));
          batch.forEach((row, i) => {
            const whole = expected([...before[i], ...row]);
            const first = paddingSide === "left" ? longest - row.length : 0;
            row.forEach((_, t) => {
              close(run[i][first + t], whole[before[i].length + t], `row ${i}, position ${t}`);
            });
          });
        };
        const options = { paddingSide, pastKvCache: past };
        check(rows, [[], [], []], logitsOf(rows, options));
        check(after, rows, logitsOf(after, options));
        past.dispose();
      });
    }

    it("generates what runs without a cache give, also beyond the context", () => {
      const prompts = [ids(3), ids(N_CTX - 4), ids(8)];
      const generated = model.generate(prompts, { maxNewTokens: 8 });
      generated.forEach((row, i) => {
        for (let end = prompts[i].length; end < row.length; end++) {
          const seen = row.slice(0, end).slice(-N_CTX);
          const last = expected(seen)[seen.length - 1];
          const largest = Math.max(...last);
          const lead = largest - last[row[end]];
          // Capped logits may be equal but for rounding.
          assert.ok(lead < 1e-4, `row ${i}, token ${end}: ${row[end]} is behind by ${lead}`);
        }
        assert.equal(row.length, prompts[i].length + 8);
      });
    });
  });
}
