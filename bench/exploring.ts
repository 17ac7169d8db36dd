/** The page of `tslens explore` in a real browser: from a drag to the redrawn prediction, on the bundled model and on 124M. */
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { Page } from "playwright-core";
import { closeBrowser, inBrowser } from "../src/display/browser";
import { localExplorer } from "../src/explore/local-explorer";
import { exploreServer } from "../src/explore/server";
import { randomStream } from "../src/stats/random-stream";
import { type Measurement, measurement } from "./measurement";
import { isQuick } from "./quick";
import { randomHead } from "./random-head";

const DRAGS = 60;

/** A frame of a screen of 60 Hz, in milliseconds. */
const FRAME = 1000 / 60;

const [D_MODEL, VOCABULARY, N_LAYERS] = [768, 50_257, 12];

/** Numbers in a block's MLP, and in the whole block: a patched run reads its own block's MLP and all later blocks. */
const [MLP_WEIGHTS, BLOCK_WEIGHTS] = [8 * D_MODEL ** 2, 12 * D_MODEL ** 2];

/** Layers of the 124M model whose neuron is dragged: almost all is run above the first, little above the last. */
const LAYERS = [1, 8] as const;

interface Dragged {
  /** Milliseconds from each drag to the page with the new prediction, before the browser draws it. */
  readonly drags: readonly number[];
  /** Milliseconds of a question to the same server that computes nothing. */
  readonly trips: readonly number[];
}

/** Drags the slider a step at a time, and asks in between what costs nothing. */
const DRAG = `(async () => {
  const slider = document.querySelector("input[type=range]");
  const drags = [], trips = [];
  const changed = () => new Promise((done) => {
    const observer = new MutationObserver(() => {
      const shown = document.querySelector("[data-prediction]");
      if (!shown || shown.dataset.prediction === last) return;
      observer.disconnect();
      done();
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  let last;
  for (let i = 0; i < ${DRAGS} + 5; i++) {
    last = document.querySelector("[data-prediction]").dataset.prediction;
    const redrawn = changed();
    const started = performance.now();
    slider.value = String(Number(slider.min) + (Number(slider.max) - Number(slider.min)) * ((i + 1) / (${DRAGS} + 7)));
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await redrawn;
    if (i >= 5) drags.push(performance.now() - started);
    const asked = performance.now();
    await (await fetch("api/heads", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).json();
    if (i >= 5) trips.push(performance.now() - asked);
    await new Promise((done) => requestAnimationFrame(done));
  }
  return { drags, trips };
})()`;

export async function* exploring(folder: string): AsyncGenerator<Measurement> {
  const sentence = "Once upon a time there was a king who had three sons, and he loved them all.";
  yield* measured("the bundled model", {}, sentence);
  for (const layer of isQuick ? [] : LAYERS) {
    const target = { layer_type: "post", target_layer: layer, target_neuron: 7 } as const;
    const modelDir = await randomHead(join(folder, "..", `head-l${layer}`), D_MODEL, target);
    for (const length of [64, 1024]) {
      const stream = randomStream(length, "bench tokens");
      const ids = Array.from({ length }, () => stream.integer(0, VOCABULARY - 1)).join(" ");
      const name = `124M, layer ${layer} of 12, ${length} tokens`;
      const weights = MLP_WEIGHTS + (N_LAYERS - 1 - layer) * BLOCK_WEIGHTS;
      yield* measured(name, { modelDir, base: folder }, ids, weights);
    }
  }
  await closeBrowser();
}

async function* measured(
  name: string,
  options: { readonly modelDir?: string; readonly base?: string },
  text: string,
  weights?: number,
): AsyncGenerator<Measurement> {
  const explorer = await localExplorer(options);
  const server = await exploreServer(explorer, { port: 0, unforeseen: String });
  try {
    const { drags, trips } = await inBrowser(async (plotlyPage) => {
      const page = await plotlyPage.context().browser()!.newPage();
      try {
        await page.goto(`${server.url}#text=${encodeURIComponent(text)}`);
        await settled(page);
        return await page.evaluate<Dragged>(DRAG);
      } finally {
        await page.close();
      }
    });
    const frames = drags.map((time) => time / FRAME);
    const sorted = [...frames].sort((a, b) => a - b);
    const late = sorted[Math.floor(0.95 * sorted.length)];
    yield measurement(`a drag redrawn: ${name}`, frames, "frames of 16.7 ms", "a frame");
    yield measurement(`19 of 20 drags redrawn: ${name}`, [late], "frames of 16.7 ms", "a frame");
    const ratios = drags.map((time, i) => time / trips[i]);
    yield measurement(`a drag: ${name}`, ratios, "× time", "a question that computes nothing");
    if (weights !== undefined) {
      const reading = readingTimes(weights).map((time) => time / FRAME);
      yield measurement(`reading the weights: ${name}`, reading, "frames of 16.7 ms", "a frame");
    }
  } finally {
    await server.close();
    await explorer.dispose();
  }
}

/** Milliseconds to read so many float32 numbers from memory, on all cores; several times. */
function readingTimes(weights: number): number[] {
  const parts = Array.from({ length: 64 }, () => tf.ones([Math.ceil(weights / 64)]));
  const times = Array.from({ length: 15 }, () => {
    const started = performance.now();
    for (const part of parts) tf.tidy(() => tf.max(part).dataSync());
    return performance.now() - started;
  });
  tf.dispose(parts);
  return times;
}

/** With its curve, which is run after the first prediction. */
async function settled(page: Page): Promise<void> {
  const patient = { timeout: 120_000 };
  await page.locator("[data-prediction]").waitFor(patient);
  await page.locator(".curve polyline").waitFor(patient);
}
