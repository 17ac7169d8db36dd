import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { firstOwnPositions } from "../../src/corpus/first-own-positions";
import { type TopActivatingOptions, topActivating } from "../../src/corpus/top-activating";
import { InputError, InterruptedError } from "../../src/errors";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { heldOutTexts } from "../../src/training/default-texts";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture } from "../golden";

const MODELS = join(__dirname, "..", "..", "models");
const folder = temporaryFolder();
let base: HookedTransformer;
let texts: string[];

before(async () => {
  base = await HookedTransformer.fromPretrained(join(MODELS, "tiny-gpt2"));
  texts = await heldOutTexts({ count: 60 });
});
after(() => base.dispose());

const NAMES = {
  regression: "neuron_l2_n52_20261122_120000",
  classification: "neuron_l2_n94_20261122_120200",
  token: "neuron_l3_n26_20261122_120300",
};
const open = (name = NAMES.regression) => openHead(join(MODELS, name), { base });
const top = (head: BoundHead, options: TopActivatingOptions = {}, of: unknown = texts) =>
  topActivating(head, of as string[], { cacheFolder: null, ...options });

/** Every position that counts once, from `head.run` and by a set of its beginnings. */
async function everyPosition(head: BoundHead, of: readonly (string | readonly number[])[] = texts) {
  const runs = await head.run(of as string[]);
  return runs.flatMap(({ tokens, activation, prediction }, text) =>
    tokens.map((_, position) => ({
      ...{ text, position, activation: activation[position], prediction: prediction[position] },
      key: tokens.slice(0, position + 1).join(" "),
    })),
  );
}

/** The plain way: sorted, then the first of each text and beginning. */
function ranked<P extends { text: number; key: string }>(
  positions: readonly P[],
  score: (position: P) => number,
  k: number,
): P[] {
  const [seen, keys] = [new Set<number>(), new Set<string>()];
  const found: P[] = [];
  for (const one of [...positions].sort((a, b) => score(b) - score(a))) {
    if (found.length === k) break;
    if (keys.has(one.key)) continue;
    keys.add(one.key);
    if (seen.has(one.text)) continue;
    seen.add(one.text);
    found.push(one);
  }
  return found;
}

const close = (a: number, b: number) => Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(b));

describe("the top examples", () => {
  for (const [kind, name] of Object.entries(NAMES)) {
    it(`of a ${kind} head are those that sorting all positions finds`, async () => {
      const head = await open(name);
      const positions = await everyPosition(head);
      const found = await top(head, { k: 7 });
      const { binEdges, activationMean, activationStd } = head.files.config;
      /** SPEC: of bins the centre that the activation falls into; of digits mean ± 2 std. */
      const target = (activation: number) => {
        if (kind === "regression") return activation;
        if (kind === "token") {
          const [low, high] = [-2, 2].map((times) => activationMean! + times * activationStd!);
          return Math.min(Math.max(activation, low), high);
        }
        const edges = binEdges!;
        const inner = edges.slice(1, -1).filter((edge) => activation >= edge).length;
        return (edges[inner] + edges[inner + 1]) / 2;
      };
      const error = (one: { activation: number; prediction: number }) =>
        Math.abs(one.prediction - target(one.activation));
      const scores = {
        strongest: (one: { activation: number }) => one.activation,
        weakest: (one: { activation: number }) => -one.activation,
        mostWrong: error,
      };
      for (const [key, score] of Object.entries(scores)) {
        const expected = ranked(positions, score as never, 7);
        const own = found[key as keyof typeof scores];
        assert.equal(own.length, 7);
        expected.forEach((one, i) => {
          const example = own[i];
          const at = example.position - example.from;
          assert.ok(close(example.activation[at], one.activation), `${key} ${i}`);
          assert.ok(close(example.prediction[at], one.prediction), `${key} ${i}`);
          assert.ok(close(example.error!, error(one)), `${key} ${i}`);
        });
      }
      const mean = positions.reduce((sum, one) => sum + error(one), 0) / positions.length;
      assert.ok(close(found.error.mean!, mean));
      assert.equal(found.positions, positions.length);
    });
  }

  it("have the tokens around them, with what head.run says of each", async () => {
    const head = await open();
    const runs = await head.run(texts);
    const { strongest, deciles } = await top(head, { before: 3, after: 2 });
    for (const example of [...strongest, ...deciles.flatMap(({ examples }) => examples)]) {
      const { text, position, from, strTokens, activation } = example;
      const run = runs[text];
      assert.equal(from, Math.max(position - 3, 0));
      assert.deepEqual(strTokens, run.strTokens.slice(from, position + 3));
      activation.forEach((value, i) => {
        assert.ok(close(value, run.activation[from + i]));
      });
    }
  });

  it("take what several texts begin with once, and one position of a text", async () => {
    const head = await open();
    const same = ["The king said no", "The king said yes", "The king", "The king said no"];
    const { strongest, points } = await top(head, { k: 10 }, same);
    const beginnings = strongest.map(({ text, position }) =>
      base
        .toTokens(same[text])
        .slice(0, position + 1)
        .join(" "),
    );
    assert.equal(new Set(beginnings).size, beginnings.length);
    // The fourth is the first once more.
    assert.deepEqual(strongest.map(({ text }) => text).sort(), [0, 1, 2]);
    // All of them are counted all the same.
    assert.equal(points.activation.length, base.toTokens(same).flat().length);
  });

  it("count tenths of all positions, by rank", async () => {
    const head = await open();
    const sorted = (await everyPosition(head)).map(({ activation }) => activation).sort((a, b) => a - b); // biome-ignore format: one line
    const { deciles, activation } = await top(head, { perDecile: 3 });
    assert.equal(deciles.length, 10);
    assert.equal(
      deciles.reduce((sum, { positions }) => sum + positions, 0),
      sorted.length,
    );
    deciles.forEach(({ low, high, positions, examples }, i) => {
      assert.ok(close(low, sorted[Math.floor((sorted.length * i) / 10)]));
      assert.ok(close(high, sorted[Math.floor((sorted.length * (i + 1)) / 10) - 1]));
      assert.ok(positions > 0);
      assert.equal(examples.length, 3);
      assert.equal(new Set(examples.map(({ text }) => text)).size, 3);
      for (const { activation: own, position, from } of examples) {
        assert.ok(own[position - from] >= low && own[position - from] <= high);
      }
    });
    assert.ok(close(activation.mean, sorted.reduce((a, b) => a + b) / sorted.length));
    assert.equal(
      activation.histogram.counts.reduce((a, b) => a + b),
      sorted.length,
    );
  });

  it("are the same for the same seed, and others for another", async () => {
    const head = await open();
    const [first, again, other] = [
      await top(head, { seed: 3, points: 50 }),
      await top(head, { seed: 3, points: 50 }),
      await top(head, { seed: 4, points: 50 }),
    ];
    assert.equal(JSON.stringify(first), JSON.stringify(again));
    assert.notDeepEqual(first.points, other.points);
    assert.notDeepEqual(first.deciles, other.deciles);
    assert.deepEqual(first.strongest, other.strongest);
  });

  it("leave out first positions on request", async () => {
    const head = await open();
    const { positions, strongest, points } = await top(head, { firstPosition: 2 });
    const expected = (await everyPosition(head)).filter(({ position }) => position >= 2);
    assert.equal(positions, expected.length);
    assert.ok(strongest.every(({ position }) => position >= 2));
    assert.ok(points.position.every((position) => position >= 2));
    await assert.rejects(
      top(head, { firstPosition: 9 }, ["The king"]),
      /no text has a position that counts/,
    );
  });

  it("are of texts cut to the context, with BOS on request", async () => {
    const head = await open();
    const found = await top(head, { prependBos: true }, ["the ".repeat(500), "The king"]);
    assert.equal(found.truncated, 1);
    assert.equal(found.positions, base.cfg.n_ctx + 3);
  });

  it("of few positions, or of equal ones, are those that there are", async () => {
    const head = await open();
    const found = await top(head, {}, "King");
    const count = base.toTokens("King").length;
    assert.deepEqual([found.texts, found.positions], [1, count]);
    assert.equal(found.strongest.length, 1);
    assert.equal(
      found.deciles.reduce((sum, { positions }) => sum + positions, 0),
      count,
    );
    const none = await top(head, { k: 0, perDecile: 0, points: 0 });
    assert.deepEqual([none.strongest, none.mostWrong, none.points.text], [[], [], []]);
  });
});

describe("heads without a common scale", () => {
  it("have no error, and say why", async () => {
    const kinds = {
      classification: /no bin_edges/,
      token: /no activation_mean and activation_std/,
    } as const;
    for (const [head_type, why] of Object.entries(kinds)) {
      const head = await headOnDisk(join(folder, head_type), base, { head_type } as object);
      const { mostWrong, error, strongest } = await top(head);
      assert.deepEqual([mostWrong, error.mean], [[], null]);
      assert.match(error.means, why);
      assert.ok(strongest.every((example) => example.error === null));
      assert.equal(strongest.length, 10);
    }
  });

  for (const family of ARCHITECTURES.filter((_, i) => i % 4 === 1)) {
    it(`${family}: the strongest are those that sorting finds`, async () => {
      const { sequences } = goldenArchitecture(family);
      const model = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
      const head = await headOnDisk(join(folder, family), model, { layer_type: "post" });
      const expected = ranked(await everyPosition(head, sequences), (one) => one.activation, 4);
      const { strongest } = await top(head, { k: 4 }, sequences);
      strongest.forEach(({ activation, position, from }, i) => {
        assert.ok(close(activation[position - from], expected[i].activation));
      });
      model.dispose();
    });
  }
});

describe("what is kept", () => {
  let made = 0;
  const cache = () => join(folder, `cache-${made++}`);

  it("is read back byte for byte, by the same head, texts and options only", async () => {
    const [head, cacheFolder] = [await open(), cache()];
    const first = await top(head, { cacheFolder });
    const [file] = readdirSync(cacheFolder);
    const { mtimeMs } = statSync(join(cacheFolder, file));
    assert.equal(readFileSync(join(cacheFolder, file), "utf8"), JSON.stringify(first));
    const deaf = { ...head, predict: () => assert.fail("nothing is run again") };
    const second = await top(deaf, { cacheFolder });
    assert.equal(JSON.stringify(second), JSON.stringify(first));
    assert.equal(statSync(join(cacheFolder, file)).mtimeMs, mtimeMs);
    await top(head, { cacheFolder, k: 3 });
    await top(head, { cacheFolder, seed: 1 });
    await top(head, { cacheFolder }, texts.slice(1));
    await top(await open(NAMES.classification), { cacheFolder });
    const { config } = head.files;
    const changed = bindHead({ ...head.files, config: { ...config, featureLayer: 1 } }, base);
    await top(changed, { cacheFolder });
    assert.equal(readdirSync(cacheFolder).length, 6);
  });

  it("is made again where it was damaged", async () => {
    const [head, cacheFolder] = [await open(), cache()];
    const first = await top(head, { cacheFolder });
    const file = join(cacheFolder, readdirSync(cacheFolder)[0]);
    const without = JSON.stringify({ ...first, strongest: undefined });
    for (const damage of ["", "{", "null", "[]", without, '{"hook":1}']) {
      writeFileSync(file, damage);
      assert.deepEqual(await top(head, { cacheFolder }), first);
      assert.equal(readFileSync(file, "utf8"), JSON.stringify(first));
    }
  });

  it("is nothing where the folder cannot be written, or head or model are in memory", async () => {
    const [head, cacheFolder] = [await open(), cache()];
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    assert.deepEqual(await top(head, { cacheFolder: join(file, "below") }), await top(head));
    const inMemory = bindHead({ ...head.files, sha256: null }, base);
    await top(inMemory, { cacheFolder });
    assert.throws(() => readdirSync(cacheFolder), /ENOENT/);
  });

  it("is nothing of what was stopped; tensors are freed", async () => {
    const [head, cacheFolder] = [await open(), cache()];
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const progress = {
      update: () => stop.abort(),
      breathe: async () => {},
      report: async () => {},
      done() {},
    };
    const long = Array.from({ length: 200 }, (_, i) => `${i} ${"and then ".repeat(20)}`);
    await assert.rejects(
      top(head, { cacheFolder, progress, signal: stop.signal }, long),
      InterruptedError,
    );
    assert.throws(() => readdirSync(cacheFolder), /ENOENT/);
    assert.equal(tf.memory().numTensors, before);
  });
});

it("bad options and texts are refused in one line", async () => {
  const head = await open();
  const refused: [object, unknown, RegExp][] = [
    [{ k: -1 }, texts, /k is not a number of them; found -1/],
    [{ k: 1.5 }, texts, /k is not a number/],
    [{ perDecile: "2" }, texts, /perDecile is not a number/],
    [{ points: Number.NaN }, texts, /points is not a number/],
    [{ seed: 0.5 }, texts, /seed is not a whole number/],
    [{ top: 3 }, texts, /no such option; found top/],
    [{}, [], /there is no prompt/],
    [{}, [""], /prompt 0 is empty/],
    [{}, [[99999]], /outside the vocabulary/],
    [{}, 7, /not a model input/],
  ];
  for (const [options, of, message] of refused) {
    await assert.rejects(top(head, options, of), (error: Error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.match(error.message, message);
      assert.equal(error.message.split("\n").length, 1);
      return true;
    });
  }
});

it("the first own position is where a text leaves all that come before it", () => {
  assert.deepEqual([...firstOwnPositions([[5, 1, 2], [7], [5, 1], [5, 1, 2]])], [2, 0, 0, 3]);
  assert.deepEqual([...firstOwnPositions([[1], [1, 2], [1, 3], [1, 2, 3]])], [0, 1, 1, 2]);
});

it("the bundled texts are those that a model can run, and none without a tokenizer", async () => {
  const [family] = ARCHITECTURES;
  const model = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
  const head = await headOnDisk(join(folder, "no-tokenizer"), model);
  await assert.rejects(topActivating(head, undefined, { cacheFolder: null }), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.match(error.message, /can run none of the bundled texts; found no tokenizer/);
    return true;
  });
  model.dispose();
});
