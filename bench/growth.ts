/**
 * How an experiment grows with prompts, their length, neurons, heads and the model: its time beside one
 * batched forward pass over the same prompts, up to the logits.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { openHead } from "../src/analysis/open-head";
import { analyzeActivationPatching } from "../src/experiments/activation-patching/measure";
import { analyzeNeuronSweep } from "../src/experiments/neuron-sweep/measure";
import type { BoundHead } from "../src/heads/bind-head";
import type { HookedTransformer } from "../src/model/hooked-transformer";
import { randomStream } from "../src/stats/random-stream";
import { onBothModels } from "./both-models";
import { type Measurement, measurement, seconds } from "./measurement";
import { randomHead } from "./random-head";

/** Prompts and tokens each. */
const SIZES = [
  [5, 8],
  [5, 64],
  [50, 64],
  [200, 64],
  [50, 512],
] as const;

/** Tokens of a batch of the forward pass. */
const BATCH_TOKENS = 1024;

/** @param folder of the random GPT-2 of 124 million parameters */
export async function* growth(folder: string): AsyncGenerator<Measurement> {
  yield* onBothModels(folder, ofModel);
}

async function* ofModel(
  model: HookedTransformer,
  name: string,
  layer: number,
): AsyncGenerator<Measurement> {
  const folder = mkdtempSync(join(tmpdir(), "tslens-bench-"));
  try {
    const target = { layer_type: "post", target_layer: layer, target_neuron: 5 } as const;
    const directory = await randomHead(folder, model.cfg.d_model, target);
    yield* ofHead(await openHead(directory, { base: model }), name);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function* ofHead(head: BoundHead, name: string): AsyncGenerator<Measurement> {
  const { model } = head;
  for (const [count, length] of SIZES) {
    if (length > model.cfg.n_ctx) continue;
    const stream = randomStream(length, "bench tokens");
    const prompts = Array.from({ length: count }, () =>
      Array.from({ length }, () => stream.integer(0, model.cfg.d_vocab - 1)),
    );
    const runs: [what: string, run: () => Promise<unknown>][] = [
      ["a patching analysis", () => analyzeActivationPatching(head, prompts, { progress: null })],
      [
        "the same without controls",
        () => analyzeActivationPatching(head, prompts, { progress: null, controls: false }),
      ],
    ];
    if (count <= 5) {
      runs.push([
        "a sweep of a layer's neurons",
        () => analyzeNeuronSweep(head, prompts, { progress: null }),
      ]);
    }
    const repeats = count * length > 1000 ? 1 : 3;
    for (const [what, run] of runs) {
      const ratios: number[] = [];
      for (let i = 0; i < repeats; i++) {
        const before = await seconds(() => forward(model, prompts));
        const own = await seconds(run);
        const after = await seconds(() => forward(model, prompts));
        ratios.push(own / ((before + after) / 2));
      }
      const where = `${count} prompts of ${length} tokens, ${name}`;
      yield measurement(`${what}, ${where}`, ratios, "× time", "a forward pass of the prompts");
    }
  }
}

/** All logits of all prompts, a batch at a time. */
function forward(model: HookedTransformer, prompts: readonly (readonly number[])[]): void {
  const rows = Math.max(Math.floor(BATCH_TOKENS / prompts[0].length), 1);
  for (let from = 0; from < prompts.length; from += rows) {
    tf.dispose(model.forward(prompts.slice(from, from + rows)));
  }
}
