/** Trains the bundled heads on the bundled base model: `npx tsx scripts/train-heads.ts [folder]`. */
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { progressBar } from "../src/progress/progress-bar";
import { defaultTexts } from "../src/training/default-texts";
import { type TrainedHead, trainHead } from "../src/training/train-head";
import type { TrainHeadOptions } from "../src/training/train-head-options";

const MODELS = join(__dirname, "..", "models");
const BASE = "tiny-gpt2";

/** Of the runs' names; a minute apart, so that two heads on one neuron would not collide. */
const FIRST_RUN = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;

interface BundledHead extends TrainHeadOptions {
  /** Take the second neuron of the first head's scan: its best is that head's. */
  readonly isRunnerUp?: true;
}

/**
 * A middle block, so that what it writes is read by the block after it. Each neuron is the best of a
 * scan (`src/training/scan-neurons.ts`): it varies, and a linear head can predict it.
 */
const HEADS: readonly BundledHead[] = [
  { layer: 2, layerType: "mlp_out", headType: "regression" },
  { layer: 2, layerType: "post", headType: "regression", hiddenDim: 64, dropout: 0.1 },
  { layer: 2, layerType: "mlp_out", headType: "classification", dropout: 0.1, isRunnerUp: true },
  { layer: 3, layerType: "resid_post", headType: "token" },
];

async function main(): Promise<void> {
  const out = process.argv[2] ?? MODELS;
  const model = await HookedTransformer.fromPretrained(join(MODELS, BASE));
  const texts = await defaultTexts();
  const trained: TrainedHead[] = [];
  for (const [index, { isRunnerUp, ...head }] of HEADS.entries()) {
    trained.push(
      await trainHead(model, {
        ...head,
        neuron: isRunnerUp ? trained[0].metrics.scan![1].neuron : undefined,
        texts,
        out,
        timestamp: new Date(FIRST_RUN + index * MINUTE),
        baseModelName: BASE,
        progress: progressBar,
      }),
    );
    console.log(inOneLine(trained[index]));
  }
  model.dispose();
}

function inOneLine({ directory, config, metrics }: TrainedHead): string {
  const { test_metrics: test, baselines } = metrics;
  return [
    `${directory}: ${config.head_type} head on ${metrics.hook}, neuron ${config.target_neuron}`,
    `on ${test.n} test texts R² ${test.r2?.toFixed(3)}, correlation ${test.correlation?.toFixed(3)}`,
    test.accuracy === undefined ? "" : `accuracy ${test.accuracy.toFixed(3)}`,
    `last token alone R² ${baselines.last_token.r2?.toFixed(3)}`,
  ]
    .filter((part) => part !== "")
    .join("; ");
}

main();
