import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { buildSync } from "esbuild";
import { openSafetensors } from "../src/checkpoints/safetensors-reader";
import { inBrowser } from "../src/display/browser";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { patch } from "../src/patching/patch";
import { randomStream } from "../src/stats/random-stream";
import { temporaryFolder } from "./checkpoints/temporary-folder";
import { whyNoBrowser } from "./display/browser-for-tests";
import { writeRandomModel } from "./patching/random-model";

/** Files that are read only where files are: what imports them says so by `await import()`. */
const READ_FILES = ["./read-pretrained.js", "./cache-file.js", "../checkpoints/model-folder.js"];
const SOURCE = join(__dirname, "..", "src");

const ENTRY = `
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import "./heads/bind-head";
import "./heads/head-config";
import { HookedTransformer } from "./model/hooked-transformer";
import { patch } from "./patching/patch";
import "./patching/neuron-sweep";
import "./patching/scaling-experiment";
import { randomStream } from "./stats";

const plain = (reading) => Object.values(reading).map((values) => [...values]);
globalThis.patched = async ({ config, tensors, prompts, variants, read }) => {
  await tf.ready();
  const arrays = tensors.map(([name, { data, ...rest }]) => [name, { ...rest, data: Float32Array.from(data) }]);
  const model = HookedTransformer.fromTensors(config, new Map(arrays));
  const { clean, patched } = await patch(model, prompts, variants, { read });
  return {
    clean: clean.map(plain),
    patched: patched.map((ofVariant) => ofVariant.map(plain)),
    drawn: randomStream(7, "browser").gaussian(),
  };
};`;

/** What the page's script gives back. */
interface Patched {
  readonly clean: number[][][];
  readonly patched: number[][][][];
  readonly drawn: number;
}

/** A script for a page, of the floors that need no files; fails where they import a Node module. */
function bundled(): string {
  const { outputFiles } = buildSync({
    stdin: { contents: ENTRY, resolveDir: SOURCE, loader: "ts" },
    ...{ bundle: true, format: "iife", platform: "browser", write: false, logLevel: "silent" },
    external: READ_FILES,
  });
  return outputFiles[0].text;
}

describe("model, heads, patching and statistics without files", () => {
  const folder = temporaryFolder();
  const prompts = [
    [3, 1, 4, 1],
    [2, 7, 1],
  ];
  const variants = [
    { hook: ["post", 0], index: 3, patch: ["zero"] },
    { hook: ["z", 1], head: 1, pos: "all", patch: ["scale", 2] },
  ] as const;
  const read = ["resid_post", -1] as const;
  let why: string | null;
  before(async () => {
    why = await whyNoBrowser();
    const sizes = { layers: 2, heads: 2, d_head: 4, d_mlp: 9, d_vocab: 20, n_ctx: 8 };
    await writeRandomModel(folder, sizes, 5);
  });

  it("patch in a browser as in Node", async (t) => {
    const script = bundled();
    if (why) return t.skip(why);
    const source = openSafetensors(join(folder, "model.safetensors"));
    const tensors = source.names.map((name) => {
      const { shape, data } = source.read(name);
      return [
        name,
        { dtype: "float32" as const, shape, data: [...(data as Float32Array)] },
      ] as const;
    });
    source.close();
    const config = { n_layer: 2, n_embd: 8, n_head: 2, n_inner: 9, n_positions: 8, vocab_size: 20 };
    const page = `<!doctype html><script>${script.replaceAll("</script", "<\\/script")}</script>`;
    writeFileSync(join(folder, "page.html"), page);
    const input = JSON.stringify({ config, tensors, prompts, variants, read });
    const there = await inBrowser(async (plotlyPage) => {
      const tab = await plotlyPage.context().browser()!.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(error.message));
      await tab.goto(`file://${join(folder, "page.html")}`);
      assert.deepEqual(errors, []);
      const result = await tab.evaluate<Patched>(`patched(${input})`);
      await tab.close();
      return result;
    });
    const model = await HookedTransformer.fromPretrained(folder);
    const here = await patch(model, prompts, variants, { read });
    model.dispose();
    assert.equal(there.drawn, randomStream(7, "browser").gaussian());
    const close = (actual: readonly number[], expected: Float32Array) => {
      assert.equal(actual.length, expected.length);
      for (const [i, value] of expected.entries()) {
        assert.ok(Math.abs(actual[i] - value) < 1e-5 * Math.max(1, Math.abs(value)));
      }
    };
    const name = "blocks.1.hook_resid_post";
    for (const [i] of prompts.entries()) {
      close(there.clean[i][0], here.clean[i][name]);
      for (const [v] of variants.entries()) {
        close(there.patched[v][i][0], here.patched[v][i]![name]);
      }
    }
  });
});
