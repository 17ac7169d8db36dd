import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedArray } from "../../src/checkpoints/named-array";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import {
  embeddingRows,
  tokenLogits,
  unembeddingBias,
  unembeddingRows,
} from "../../src/model/vocabulary";
import { DEFAULT_PROCESSING, type WeightProcessing } from "../../src/model/weight-processing";
import { randomStream } from "../../src/stats/random-stream";
import { fixture } from "../golden";
import { writeRandomModel } from "../patching/random-model";

const V = 40;
const SIZES = { layers: 1, heads: 3, d_head: 4, d_mlp: 8, d_vocab: V, n_ctx: 8 };
const D = SIZES.heads * SIZES.d_head;
const SOME = [3, 39];

type Table = number[][];
/** What the files hold, in float64 as they are. */
interface Files {
  readonly wte: Table;
  readonly lm_head: Table;
  readonly w: number[];
  readonly b: number[];
}

const stream = randomStream(3, "vocabulary");
const gaussians = (count: number) => Array.from({ length: count }, () => stream.gaussian());
const someVector = gaussians(D);
const ofTokens = gaussians(V);

/** What is added to the rows, by what they have in common. */
const OFFSETS: Record<string, (token: number, column: number) => number> = {
  nothing: () => 0,
  // As in a trained GPT-2: what all tokens have in common is larger than what tells them apart.
  "a direction": (_, column) => 2 * someVector[column],
  "30": () => 30,
  "3000": () => 3000,
  "-3000": () => -3000,
  "a direction of 30": (_, column) => 30 * someVector[column],
  "a direction of 3000": (_, column) => 3000 * someVector[column],
  "3000, but not in three tokens": (token) => (token % 15 === 3 ? 0 : 3000),
  "3000 in three columns": (_, column) => (column % 5 === 1 ? 3000 : 0),
  "another 3000 in each row": (token) => 3000 * ofTokens[token],
  "3000, and 3 of its own in each row": (token) => 3000 + 3 * ofTokens[token],
  "3000 in all but one token": (token) => (token === 7 ? -2 : 3000),
  "a million in one token": (token, column) => (token === 3 ? 1e6 * someVector[column] : 0),
};

async function withModel(
  offset: (token: number, column: number) => number,
  { isTied, scale }: { isTied: boolean; scale: "ones" | "random" },
  processing: Partial<WeightProcessing>,
  check: (model: HookedTransformer, files: Files) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tslens-vocabulary-"));
  let files!: Files;
  try {
    await writeRandomModel(folder, SIZES, 5, (tensors) => {
      const numbers = (name: string) => tensors.get(name)!.data as Float32Array;
      const table = (name: string): Table => {
        const data = numbers(name);
        return Array.from({ length: V }, (_, t) => [...data.subarray(t * D, (t + 1) * D)]);
      };
      const added = (seed: number): NamedArray => {
        const own = randomStream(seed, "rows");
        const data = Float32Array.from(
          { length: V * D },
          (_, i) => offset(Math.floor(i / D), i % D) + 0.3 * own.gaussian(),
        );
        return { dtype: "float32", shape: [V, D], data };
      };
      tensors.set("wte.weight", added(1));
      if (!isTied) tensors.set("lm_head.weight", added(2));
      if (scale === "ones") numbers("ln_f.weight").fill(1);
      files = {
        wte: table("wte.weight"),
        lm_head: table(isTied ? "wte.weight" : "lm_head.weight"),
        w: [...numbers("ln_f.weight")],
        b: [...numbers("ln_f.bias")],
      };
    });
    const model = await HookedTransformer.fromPretrained(folder, processing);
    try {
      check(model, files);
    } finally {
      model.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);
const lessMean = (row: readonly number[]) => row.map((value) => value - mean(row));

/** TransformerLens's fold_layer_norm, center_writing_weights and center_unembed, in float64. */
function expected(
  { wte, lm_head, w, b }: Files,
  { foldLn, centerUnembed, centerWritingWeights }: WeightProcessing,
) {
  let W_U = foldLn ? lm_head.map((row) => lessMean(row.map((value, d) => value * w[d]))) : lm_head;
  let b_U = lm_head.map((row) => (foldLn ? dot(row, b) : 0));
  if (centerUnembed) {
    const means = w.map((_, d) => mean(W_U.map((row) => row[d])));
    W_U = W_U.map((row) => row.map((value, d) => value - means[d]));
    b_U = lessMean(b_U);
  }
  return { W_U, b_U, W_E: centerWritingWeights ? wte.map(lessMean) : wte };
}

/**
 * Largest difference, beside the largest number, and of sums the largest term, where that is more
 * than 1: float32 has seven digits.
 */
function difference(
  actual: ArrayLike<number>,
  numbers: readonly number[],
  terms: readonly number[] = [],
): number {
  assert.equal(actual.length, numbers.length);
  const largest = Math.max(1, ...numbers.map(Math.abs), ...terms.map(Math.abs));
  return Math.max(...numbers.map((number, i) => Math.abs(actual[i] - number))) / largest;
}

const TOLERANCE = 2e-6;

function checkVocabulary(
  model: HookedTransformer,
  files: Files,
  processing: WeightProcessing,
  what: string,
): void {
  const { embedding, unembedding } = model.weights;
  const { W_U, b_U, W_E } = expected(files, processing);
  const agree = (actual: tf.Tensor, numbers: number[], name: string, terms?: number[]) => {
    const error = difference(actual.dataSync(), numbers, terms);
    assert.ok(error < TOLERANCE, `${name} is off by ${error}: ${what}`);
  };
  tf.tidy(() => {
    const some = tf.tensor2d([SOME], [1, SOME.length], "int32");
    const chosen = (table: Table) => SOME.flatMap((token) => table[token]);
    agree(unembeddingRows(unembedding), W_U.flat(), "W_U");
    agree(unembeddingRows(unembedding, some), chosen(W_U), "two rows of W_U");
    agree(unembeddingBias(unembedding), b_U, "b_U");
    agree(
      unembeddingBias(unembedding, some),
      SOME.map((token) => b_U[token]),
      "two of b_U",
    );
    agree(embeddingRows(embedding), W_E.flat(), "W_E");
    agree(embeddingRows(embedding, some), chosen(W_E), "two rows of W_E");
    if (!processing.centerWritingWeights) {
      // Not only near: nothing was done to it.
      assert.deepEqual([...embeddingRows(embedding).dataSync()], W_E.flat(), what);
    }
    const [logits, cache] = model.runWithCache([1, 2, 39], { namesFilter: "unembed.hook_in" });
    // One whose coordinates do not sum to zero, as after a hook on the layer norm.
    const hooked = tf.tensor3d([[gaussians(D).map((value) => value + 1)]]);
    for (const [x, made] of [
      [cache.get("unembed.hook_in") as tf.Tensor3D, logits],
      [hooked, tokenLogits(unembedding, hooked)],
    ] as const) {
      const rows = (x.arraySync() as number[][][])[0];
      const reference = rows.flatMap((row) => W_U.map((column, t) => dot(row, column) + b_U[t]));
      assert.deepEqual(made.shape, [1, rows.length, V]);
      const terms = rows.flatMap((row) =>
        W_U.flatMap((column) => column.map((value, d) => value * row[d])),
      );
      agree(made, reference, "logits", terms);
    }
    cache.dispose();
  });
}

const SWITCHES = [true, false].flatMap((foldLn) =>
  [true, false].flatMap((centerUnembed) =>
    [true, false].map((centerWritingWeights) => ({
      ...DEFAULT_PROCESSING,
      ...{ foldLn, centerUnembed, centerWritingWeights },
    })),
  ),
);

describe("the vocabulary's matrices", () => {
  for (const [name, offset] of Object.entries(OFFSETS)) {
    for (const isTied of [true, false]) {
      it(`are TransformerLens's, ${isTied ? "tied" : "untied"} rows + ${name}`, async () => {
        for (const processing of SWITCHES) {
          // A layer norm that is not folded does nothing to these matrices.
          const scales = processing.foldLn ? (["ones", "random"] as const) : (["random"] as const);
          for (const scale of scales) {
            await withModel(offset, { isTied, scale }, processing, (model, files) =>
              checkVocabulary(model, files, processing, JSON.stringify({ ...processing, scale })),
            );
          }
        }
      });
    }
  }

  it("lose no digits of a log-probability to an offset that changes none", async () => {
    // A number added to all of W_U's rows changes no log-probability, the layer norm's output being
    // centred: float64, with the offset and without.
    for (const offset of ["30", "3000"]) {
      await withModel(OFFSETS[offset], { isTied: true, scale: "ones" }, {}, (model, files) => {
        const x = lessMean(gaussians(D)).map(Math.fround);
        const { W_U, b_U } = expected(files, DEFAULT_PROCESSING);
        const logits = W_U.map((column, t) => dot(x, column) + b_U[t]);
        const actual = tf.tidy(() =>
          tokenLogits(model.weights.unembedding, tf.tensor3d([[x]])).dataSync(),
        );
        const error = Math.max(...logits.map((logit, t) => Math.abs(actual[t] - logit)));
        assert.ok(error < 1e-5, `off by ${error} at ${offset}`);
      });
    }
  });

  it("make the logits once, with their bias", async () => {
    await withModel(OFFSETS.nothing, { isTied: true, scale: "random" }, {}, async (model) => {
      const { unembedding } = model.weights;
      const { kernels } = await tf.profile(() => tokenLogits(unembedding, tf.ones([2, 5, D])));
      const large = kernels.filter(({ outputShapes }) => outputShapes.flat().includes(V));
      assert.deepEqual(
        large.map(({ name }) => name),
        ["BatchMatMul", "Reshape"], // a new shape of the same memory
      );
    });
  });

  it("are held once in a tied model, processed or not, and twice in an untied one", async () => {
    for (const [name, isTied] of [
      ["plain", true],
      ["untied", false],
    ] as const) {
      for (const load of [
        HookedTransformer.fromPretrained,
        HookedTransformer.fromPretrainedNoProcessing,
      ]) {
        const model = await load(fixture("gpt2-variants", name));
        const { embedding, unembedding } = model.weights;
        assert.equal(embedding.rows === unembedding.rows, isTied, name);
        model.dispose();
      }
    }
  });

  it("are held once with large offsets too, with the default processing", async () => {
    for (const offset of Object.values(OFFSETS)) {
      await withModel(offset, { isTied: true, scale: "random" }, {}, ({ weights }) => {
        assert.equal(weights.embedding.rows, weights.unembedding.rows);
        assert.deepEqual(weights.embedding.rows.shape, [V, D + 4]);
      });
    }
  });
});
