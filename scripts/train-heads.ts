/** Trains the bundled heads on the bundled base model: `npx tsx scripts/train-heads.ts [folder]`. */
import { join } from "node:path";
import { HookedTransformer } from "../src/model/hooked-transformer";
import { progressBar } from "../src/progress/progress-bar";
import { defaultTexts } from "../src/training/default-texts";
import { trainHead } from "../src/training/train-head";
import type { TrainHeadOptions } from "../src/training/train-head-options";

const MODELS = join(__dirname, "..", "models");
const BASE = "tiny-gpt2";

/** Of the runs' names; a minute apart, so that two heads on one neuron would not collide. */
const FIRST_RUN = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;

/** A middle block, so that what it writes is read by the blocks after it. Each neuron is chosen by the scan. */
const LAYER = 2;

const HEADS: readonly TrainHeadOptions[] = [
  { layer: LAYER, layerType: "mlp_out", headType: "regression" },
  { layer: LAYER, layerType: "post", headType: "regression", hiddenDim: 64, dropout: 0.1 },
  { layer: 3, layerType: "mlp_out", headType: "classification", numBins: 10, dropout: 0.1 },
  { layer: LAYER, layerType: "resid_post", headType: "token" },
];

async function main(): Promise<void> {
  const out = process.argv[2] ?? MODELS;
  const model = await HookedTransformer.fromPretrained(join(MODELS, BASE));
  const texts = await defaultTexts();
  for (const [index, head] of HEADS.entries()) {
    const timestamp = new Date(FIRST_RUN + index * MINUTE);
    const { directory, config, metrics } = await trainHead(model, {
      ...head,
      texts,
      out,
      timestamp,
      baseModelName: BASE,
      progress: progressBar,
    });
    const { test_metrics: test, baselines } = metrics;
    console.log(
      `${directory}: ${config.head_type} head on ${metrics.hook}, neuron ${config.target_neuron}; ` +
        `on ${test.n} test texts R² ${test.r2?.toFixed(3)}, correlation ${test.correlation?.toFixed(3)}` +
        (test.accuracy === undefined ? "" : `, accuracy ${test.accuracy.toFixed(3)}`) +
        `; last token alone R² ${baselines.last_token.r2?.toFixed(3)}`,
    );
  }
  model.dispose();
}

main();
