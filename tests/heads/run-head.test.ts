import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { InputError, InterruptedError } from "../../src/errors";
import { type BoundHead, bindHead } from "../../src/heads/bind-head";
import { loadHead } from "../../src/heads/load-head";
import { measurePrompts } from "../../src/heads/measured-prompts";
import { runHead } from "../../src/heads/run-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { patchHead } from "../../src/patching/head-experiment";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture, golden, relativeToLargest } from "../golden";

const MODELS = join(__dirname, "..", "..", "models");
const BUNDLED = readdirSync(MODELS).filter((name) => name.startsWith("neuron_"));

/** Float32 in batches of another shape. */
const TOLERANCE = 1e-5;

/**
 * A run of every position against one run a position: each prompt cut after it, and measured at its last
 * token as every experiment measures.
 */
async function checkAgainstCutPrompts(head: BoundHead, prompts: readonly (readonly number[])[]) {
  const runs = await head.run(prompts);
  assert.deepEqual(
    runs.map(({ tokens }) => tokens),
    prompts,
  );
  const cut = prompts.flatMap((ids) => ids.map((_, p) => ids.slice(0, p + 1)));
  // Wherever the head measures, here it is the last token.
  const { baseline } = await patchHead({ ...head, position: (n) => n - 1 }, cut, []);
  for (const key of ["activation", "prediction"] as const) {
    const own = runs.flatMap((run) => run[key]);
    const error = relativeToLargest(own, baseline[key]);
    assert.ok(error < TOLERANCE, `${head.hook}: ${key} is off by ${error}`);
  }
}

describe("a bundled head at every position", () => {
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(join(MODELS, "tiny-gpt2"));
  });
  after(() => base.dispose());
  const open = (name = BUNDLED[0]) => openHead(join(MODELS, name), { base });

  for (const name of BUNDLED) {
    it(`${name} is what runs of the cut texts measure`, async () => {
      const texts = ["The king said to his daughter", "Once", 'He laughed: "No!" 👑 שלום'];
      await checkAgainstCutPrompts(await open(name), base.toTokens(texts));
    });
  }

  it("has tokens, their texts, and the position that is measured", async () => {
    const head = await open();
    const [run, ...others] = await head.run("Once upon a time");
    assert.deepEqual(others, []);
    assert.equal(run.text, "Once upon a time");
    assert.deepEqual(run.tokens, base.toTokens("Once upon a time"));
    assert.equal(run.strTokens.join(""), "Once upon a time");
    assert.deepEqual(
      [run.activation.length, run.prediction.length, run.position],
      [run.tokens.length, run.tokens.length, run.tokens.length - 1],
    );
  });

  it("takes texts, token ids, both and measured prompts, with BOS and cut to the context on request", async () => {
    const head = await open();
    const [ids] = base.toTokens(["The king"]);
    const [ofText, ofIds, [mixed, again], [measured]] = [
      await head.run(["The king"]),
      await head.run(ids),
      await head.run([ids, "The king"] as never),
      await head.run(measurePrompts(head, "The king")),
    ];
    for (const run of [...ofIds, mixed, again, measured]) {
      assert.deepEqual(run.tokens, ofText[0].tokens);
      assert.equal(run.text, "The king");
    }
    const [withBos] = await head.run("The king", { prependBos: true });
    assert.deepEqual(withBos.tokens.slice(1), ids);
    const [cut] = await head.run("the ".repeat(1000), { truncate: true });
    assert.equal(cut.tokens.length, base.cfg.n_ctx);
  });

  it("does not depend on what else is run, beyond float32", async () => {
    const head = await open();
    const long = "the old man and the sea ".repeat(8);
    const texts = Array.from({ length: 60 }, (_, i) => `${i} ${long.slice(0, 5 + 3 * i)}`);
    const all = await head.run(texts);
    for (const i of [0, 13, 59]) {
      const [alone] = await head.run(texts[i]);
      assert.ok(relativeToLargest(all[i].prediction, alone.prediction) < TOLERANCE);
    }
    assert.deepEqual(await head.run(texts), all);
  });

  it("refuses what cannot be run, in one line that names the text", async () => {
    const head = await open();
    const refused: [unknown, RegExp][] = [
      [[], /there is no prompt/],
      ["", /the prompt is empty/],
      [["a", ""], /prompt 1 is empty/],
      [["a", "the ".repeat(1000)], /prompt 1 is longer than the model's context/],
      [[[1, 1e6]], /outside the vocabulary at position 1/],
      [[["a"]], /outside the vocabulary at position 0/],
      [undefined, /not a model input/],
      [new Map(), /not a model input/],
    ];
    for (const [texts, message] of refused) {
      await assert.rejects(head.run(texts as string), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        assert.equal(error.message.split("\n").length, 1);
        return true;
      });
    }
  });

  it("names an option that it does not know", async () => {
    const head = await open();
    await assert.rejects(head.run("a", { batchSize: 4 } as object), (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /no such option; found batchSize, expected prependBos, truncate/);
      return true;
    });
    assert.equal((await head.run("a", { truncate: undefined, signal: undefined })).length, 1);
  });

  it("frees its tensors, also when it throws", async () => {
    const head = await open();
    const before = tf.memory().numTensors;
    await head.run(["Once upon a time", "The king"]);
    assert.equal(tf.memory().numTensors, before);
    const broken = {
      ...head,
      predict: () => {
        throw new Error("broken");
      },
    };
    await assert.rejects(runHead(broken, "The king"), /broken/);
    const nan = { ...head, predict: () => [1, Number.NaN] };
    await assert.rejects(runHead(nan, "The king"), /no number on prompt 0, position 1; found NaN/);
    assert.equal(tf.memory().numTensors, before);
  });

  it("tells how many texts are done, and stops where it is told to", async () => {
    const head = await open();
    const told: number[] = [];
    const progress = {
      update: (done: number) => void told.push(done),
      breathe: async () => {},
      report: async () => {},
      done() {},
    };
    await head.run(["a", "b c", "d"], { progress });
    assert.equal(told.at(-1), 3);
    const stop = AbortSignal.abort();
    await assert.rejects(head.run("a", { signal: stop }), InterruptedError);
  });
});

describe("every kind of head at every position", () => {
  const { heads, sequences } = golden();
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(fixture("golden-a", "base-model"));
  });
  after(() => base.dispose());

  for (const [name, { dir }] of Object.entries(heads)) {
    it(`${name}`, async () => {
      const head = bindHead(await loadHead(fixture("golden-a", dir)), base);
      await checkAgainstCutPrompts(head, sequences);
      const [{ sameUnit }] = await head.run(sequences);
      assert.equal(sameUnit, !["classification_no_bins", "token"].includes(name));
    });
  }

  const folder = temporaryFolder();
  const targets = {
    "its own features": { layer_type: "resid_post", target_layer: 1 },
    "an activation after the features": { layer_type: "mlp_out", target_layer: -1 },
    "an attention head's output": { layer_type: "result", target_layer: 0 },
    "a norm's divisor": { layer_type: "ln1.hook_scale", target_layer: 0, target_neuron: 0 },
    "a query": { layer_type: "q", target_layer: 1 },
    "what the last norm gives": { layer_type: "ln_final.hook_normalized", target_layer: 0 },
  };
  for (const [what, keys] of Object.entries(targets)) {
    for (const head_type of ["regression", "token"] as const) {
      it(`a ${head_type} head that predicts ${what}`, async () => {
        const target_layer = keys.target_layer < 0 ? base.cfg.n_layers - 1 : keys.target_layer;
        const config = { head_type, feature_layer: 1, ...keys, target_layer };
        const head = await headOnDisk(join(folder, what, head_type), base, config);
        await checkAgainstCutPrompts(head, sequences);
      });
    }
  }
});

for (const family of ARCHITECTURES) {
  it(`${family}: every position is what runs of the cut texts measure`, async () => {
    const { sequences, heads } = goldenArchitecture(family);
    const base = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
    for (const { dir } of Object.values(heads)) {
      const head = await openHead(fixture("arch", family, dir), { base });
      await checkAgainstCutPrompts(head, sequences);
    }
    base.dispose();
  });
}
