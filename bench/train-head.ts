/**
 * How long training a head takes: `npx tsx bench/train-head.ts`.
 *
 * Prints a line for each step, with the most memory that the process had until then.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { randomStream } from "../src/stats/random-stream";
import { collectActivations } from "../src/training/collect-activations";
import { ridgeRegression } from "../src/training/ridge-regression";

const TEXTS = 2000;
const TOKENS = 64;

const ROWS = 100_000;
const FEATURES = 768;

async function main(): Promise<void> {
  const model = await HookedTransformer.fromPretrained(
    join(__dirname, "..", "models", "tiny-gpt2"),
  );
  console.log(model.engine.description);
  await activations(model);
  model.dispose();
  ridge();
}

async function activations(model: HookedTransformer): Promise<void> {
  const stream = randomStream(0, "bench");
  const prompts = Array.from({ length: TEXTS }, () =>
    Array.from({ length: TOKENS }, () => stream.integer(0, model.cfg.d_vocab - 1)),
  );
  const hooks = ["blocks.2.hook_mlp_out", "blocks.3.hook_resid_post"] as const;
  const cacheFolder = mkdtempSync(join(tmpdir(), "tslens-bench-"));
  try {
    const collect = () => collectActivations(model, prompts, hooks, { cacheFolder });
    await timed(`activations of ${TEXTS} texts of ${TOKENS} tokens`, collect);
    await timed("the same, from the cache", collect);
  } finally {
    rmSync(cacheFolder, { recursive: true });
  }
}

/** Features that are correlated, as a residual stream's are, and a noisy linear target. */
function ridge(): void {
  const stream = randomStream(0, "bench");
  const data = new Float32Array(ROWS * FEATURES);
  const targets = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    let last = 0;
    for (let i = 0; i < FEATURES; i++) {
      last = 0.5 * last + stream.uniform() - 0.5;
      data[row * FEATURES + i] = last;
    }
    targets[row] = data[row * FEATURES] - data[row * FEATURES + 100] + stream.uniform();
  }
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const features = { data, columns: FEATURES, rows };
  const foldOf = Int32Array.from(rows, (row) => row % 5);
  timed(`ridge regression on ${ROWS} × ${FEATURES} features`, () =>
    ridgeRegression(features, targets, { foldOf }),
  );
}

async function timed<T>(what: string, run: () => T | Promise<T>): Promise<void> {
  const start = performance.now();
  const result = run();
  if (result instanceof Promise) await result;
  const seconds = (performance.now() - start) / 1000;
  const memory = process.resourceUsage().maxRSS / 1024;
  console.log(`${what}: ${seconds.toFixed(2)} s, at most ${memory.toFixed(0)} MB so far`);
}

main();
