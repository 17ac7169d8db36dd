import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../../src/analysis/open-head";
import { InputError } from "../../src/errors";
import { ExploredHead } from "../../src/explore/explored-head";
import type { SweepPart } from "../../src/explore/explorer";
import type { BoundHead } from "../../src/heads/bind-head";
import { HookedTransformer } from "../../src/model/hooked-transformer";
import { patchHead } from "../../src/patching/head-experiment";
import { everyLayer, neuronSweep } from "../../src/patching/neuron-sweep";
import type { Patch } from "../../src/patching/patch-kinds";
import { ARCHITECTURES, goldenArchitecture } from "../arch";
import { temporaryFolder } from "../checkpoints/temporary-folder";
import { headOnDisk } from "../experiments/head-on-disk";
import { fixture, relativeToLargest } from "../golden";
import { randomModel } from "../patching/random-model";

const MODELS = join(__dirname, "..", "..", "models");

/** Float32 in batches of another shape. */
const TOLERANCE = 1e-5;

const PATCHES: readonly Patch[] = [
  ["set", 1.5],
  ["scale", -2],
  ["add", 0.75],
];

/** Token ids as the page writes them for a model without a tokenizer. */
const asText = (ids: readonly number[]) => ids.join(" ");

/** Every token, and patches at some, against one whole run a prompt that is cut there. */
async function checkAgainstCutPrompts(head: BoundHead, ids: readonly number[], text: string) {
  const explored = new ExploredHead(head);
  const { tokens } = await explored.run(text);
  const [expected] = await head.run([ids]);
  for (const key of ["activation", "prediction"] as const) {
    const error = relativeToLargest(
      tokens.map((token) => token[key]),
      expected[key],
    );
    assert.ok(error < TOLERANCE, `${head.hook}: ${key} is off by ${error}`);
  }
  const last = { ...head, position: (length: number) => length - 1 };
  for (const position of [0, 1, ids.length - 1]) {
    const { baseline, patched } = await patchHead(last, [ids.slice(0, position + 1)], PATCHES);
    for (const [i, [kind, value]] of PATCHES.entries()) {
      const found = await explored.patch({
        ...{ head: "", text, position, value },
        kind: kind as "set" | "scale" | "add",
      });
      const error = relativeToLargest(
        [found.activation, found.prediction].flatMap(({ clean, patched }) => [clean, patched]),
        [baseline, patched[i]]
          .map(({ activation, prediction }) => [activation[0], prediction[0]])
          .reduce((before, now) => before.flatMap((value, at) => [value, now[at]])),
      );
      assert.ok(error < TOLERANCE, `${head.hook} ${kind} at ${position} is off by ${error}`);
    }
  }
  explored.dispose();
}

describe("a bundled head, explored", () => {
  let base: HookedTransformer;
  before(async () => {
    base = await HookedTransformer.fromPretrained(join(MODELS, "tiny-gpt2"));
  });
  after(() => base.dispose());
  const open = (name = "neuron_l2_n52_20261122_120000") => openHead(join(MODELS, name), { base });
  const text = "The king said to his 👑 daughter שלום";

  for (const name of ["neuron_l2_n52_20261122_120000", "neuron_l3_n26_20261122_120300"]) {
    it(`${name} gives what runs of the cut texts give`, async () => {
      await checkAgainstCutPrompts(await open(name), base.toTokens(text), text);
    });
  }

  it("shows a letter of several tokens at the first, and its text is the prompt's", async () => {
    const { tokens } = await new ExploredHead(await open()).run(text);
    assert.equal(tokens.map((token) => token.text).join(""), text);
    assert.ok(tokens.some((token) => token.text.includes("👑")));
    assert.ok(tokens.some((token) => token.text === ""));
  });

  it("keeps a few prompts and frees all it keeps", async () => {
    const explored = new ExploredHead(await open());
    const { numTensors } = tf.memory();
    await explored.run("Once upon a time");
    const ofOne = tf.memory().numTensors - numTensors;
    for (let i = 0; i < 8; i++) await explored.run(`The king had ${i} sons`);
    assert.equal(tf.memory().numTensors - numTensors, 4 * ofOne);
    await explored.patch({ head: "", text, position: 3, kind: "set", value: 0 });
    explored.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });

  it("sweeps as neuronSweep does, in parts, and stops when nobody waits", async () => {
    const head = await open();
    const explored = new ExploredHead(head);
    const request = { head: "", text, position: 4, layers: "all" as const };
    let whole: SweepPart | null = null;
    let parts = 0;
    for await (const part of explored.neuronsThatMatter(request)) {
      assert.ok(part.done > (whole?.done ?? 0));
      whole = part;
      parts++;
    }
    assert.ok(parts > 4);
    const hooks = everyLayer("post", base);
    const prompt = base.toTokens(text).slice(0, 5);
    const { swept } = await neuronSweep(base, [prompt], { read: head, hooks });
    assert.equal(whole!.total, swept.length * base.cfg.d_mlp);
    for (const { layer, index, change } of whole!.neurons) {
      assert.ok(Math.abs(change - swept[layer].changes[index]![0]) < TOLERANCE);
    }
    const all = swept.flatMap(({ changes }) => changes.map((change) => Math.abs(change![0])));
    const least = Math.abs(whole!.neurons.at(-1)!.change);
    assert.equal(
      all.filter((change) => change > least + TOLERANCE).length < whole!.neurons.length,
      true,
    );

    const stop = new AbortController();
    const sweep = explored.neuronsThatMatter(request, { signal: stop.signal });
    await sweep.next();
    stop.abort();
    await assert.rejects(sweep.next(), { name: "AbortError" });
    explored.dispose();
  });

  it("says what is wrong with a prompt or a place", async () => {
    const explored = new ExploredHead(await open());
    await assert.rejects(explored.run("king ".repeat(200)), /longer than the model's context/);
    await assert.rejects(explored.run(""), InputError);
    await assert.rejects(
      explored.patch({ head: "", text: "Once", position: 1, kind: "set", value: 0 }),
      /no such token/,
    );
  });

  it("gives numbers, or says that there are none, for the largest that float32 has", async () => {
    const explored = new ExploredHead(await open());
    for (const value of [3e38, -3e38, 1e20]) {
      for (const kind of ["set", "scale", "add"] as const) {
        const asked = explored.patch({ head: "", text: "Once upon", position: 0, kind, value });
        const found = await asked.catch((error) => {
          assert.ok(error instanceof InputError, String(error));
          return null;
        });
        const numbers = JSON.stringify(found ?? {}, (_key, of) =>
          typeof of === "number" && !Number.isFinite(of) ? "none" : of,
        );
        assert.ok(!numbers.includes("none"), `${kind} ${value}: ${numbers}`);
      }
    }
  });
});

describe("heads of other families, explored", () => {
  for (const family of ARCHITECTURES) {
    it(family, async () => {
      const { heads, sequences } = goldenArchitecture(family);
      const base = await HookedTransformer.fromPretrained(fixture("arch", family, "base-model"));
      const head = await openHead(fixture("arch", family, heads.regression_post.dir), { base });
      const ids = sequences.reduce((longest, one) => (one.length > longest.length ? one : longest));
      await checkAgainstCutPrompts(head, ids, asText(ids));
      base.dispose();
    });
  }
});

describe("what parts add to a prediction", () => {
  const folder = temporaryFolder();
  const sizes = { layers: 3, heads: 2, d_head: 4, d_mlp: 12, d_vocab: 30, n_ctx: 16 };
  const ids = [3, 1, 4, 1, 5, 9];

  for (const layer_type of [
    ...["embed", "resid_pre", "ln1.hook_normalized", "q", "z", "attn_out", "resid_mid"],
    ...["pre", "post", "mlp_out", "resid_post"],
  ]) {
    it(`a linear head's change is the parts' sum, ${layer_type} patched`, async () => {
      const model = await randomModel(sizes, 5);
      const head = await headOnDisk(join(folder, layer_type), model, {
        ...{ layer_type, target_layer: layer_type === "embed" ? 0 : 1, target_neuron: 2 },
      });
      const explored = new ExploredHead(head);
      const request = { head: "", text: asText(ids), position: 4, kind: "add", value: 2 } as const;
      const { prediction, parts, remainder } = await explored.patch(request);
      const change = prediction.patched - prediction.clean;
      assert.ok(Math.abs(change) > 0.01, `the patch changes ${change}`);
      const sum = parts.reduce((total, { contribution }) => total + contribution!, 0);
      const most = Math.max(...parts.map(({ contribution }) => Math.abs(contribution!)));
      assert.ok(Math.abs(change - sum) < TOLERANCE * Math.max(most, 1), `${change} and ${sum}`);
      assert.ok(Math.abs(remainder!) < TOLERANCE * Math.max(most, 1));
      assert.equal(parts[0].part, "neuron");
      explored.dispose();
      model.dispose();
    });
  }

  it("a head without a gradient shows how much each part changes", async () => {
    const model = await randomModel(sizes, 5);
    const head = await headOnDisk(join(folder, "classes"), model, {
      ...{ head_type: "classification", bin_edges: null, layer_type: "post", target_layer: 0 },
    });
    const explored = new ExploredHead(head);
    assert.equal(explored.describe().sharedScale, false);
    const request = { head: "", text: asText(ids), position: 2, kind: "add", value: 2 } as const;
    const { parts, remainder } = await explored.patch(request);
    assert.equal(remainder, null);
    assert.ok(parts.every(({ contribution }) => contribution === null));
    assert.ok(parts[0].relativeChange! > 0);
    model.dispose();
  });

  it("a target that comes after what is read changes nothing, and that is said", async () => {
    const model = await randomModel(sizes, 5);
    const head = await headOnDisk(join(folder, "late"), model, {
      ...{ layer_type: "post", target_layer: 2, feature_layer: 0 },
    });
    const explored = new ExploredHead(head);
    assert.ok(explored.describe().warnings.some((text) => /can change nothing/.test(text)));
    const request = { head: "", text: asText(ids), position: 2, kind: "set", value: 9 } as const;
    const { prediction, activation, parts } = await explored.patch(request);
    assert.equal(prediction.patched, prediction.clean);
    assert.equal(activation.patched, 9);
    assert.deepEqual(parts, []);
    await assert.rejects(
      explored.neuronsThatMatter({ ...request, layers: "target" }).next(),
      /no MLP/,
    );
    model.dispose();
  });

  it("a token head is read as anywhere else", async () => {
    const model = await randomModel(sizes, 5);
    const head = await headOnDisk(join(folder, "token"), model, {
      ...{ head_type: "token", layer_type: "mlp_out", target_layer: 1 },
    });
    await checkAgainstCutPrompts(head, ids, asText(ids));
    model.dispose();
  });
});
