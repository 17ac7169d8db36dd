import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../checkpoints/json-file";
import { HeadConfigError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { HEAD_ACTIVATIONS } from "../heads/head-config";
import { isStillThere } from "../heads/load-head";
import type { MeasuredPrompts } from "../heads/measured-prompts";
import { runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import { breathe } from "../progress/interrupt";
import { silentProgress } from "../progress/progress";
import { randomStream } from "../stats/random-stream";
import { bundledTraining } from "./bundled-training";
import { fitHeads, type HeadShape } from "./fit-head";
import { headInMemory } from "./head-in-memory";
import { headTarget } from "./head-target";
import type { Split } from "./split-by-text";
import { promptsHash, type TrainingData, trainingData, trainingTexts } from "./training-data";
import { headMetrics } from "./training-metrics";

/** What `training_metrics.json` must say for the training to be done again. */
const RUN = z.object({
  texts: z.object({ sha256: z.string() }),
  test_metrics: z.object({ r2: z.number().nullable() }),
  ridge: z.object({ penalty: z.number() }).nullable(),
  settings: z.object({
    headType: z.enum(["regression", "classification", "token"]),
    hiddenDim: z.number().nullable(),
    activation: z.enum(HEAD_ACTIVATIONS),
    dropout: z.number(),
    outputScale: z.number().nullable(),
    numBins: z.number(),
    binning: z.enum(["quantile", "width"]),
    classWeights: z.literal("balanced").nullable(),
    gradient: z.object({
      epochs: z.number(),
      batchSize: z.number(),
      learningRate: z.number(),
      weightDecay: z.number(),
      patience: z.number(),
      clipNorm: z.number(),
    }),
    seed: z.number(),
  }),
});
type Run = z.infer<typeof RUN>;

export interface ShuffledLabelOptions {
  /** How many heads are trained, each on labels shuffled anew. */
  readonly count: number;
  readonly seed: number;
  /** Name of the random stream. */
  readonly name: string;
  /** The texts that the head was trained on; the bundled set if not given. */
  readonly texts?: readonly (string | readonly number[])[];
}

/** Heads that learnt nothing but noise. */
export interface ShuffledLabelHeads {
  /** How many texts there were. */
  readonly texts: number;
  /** The head's own R² on the test texts, as its training run recorded it. */
  readonly testR2: number | null;
  readonly heads: readonly { readonly head: BoundHead; readonly testR2: number | null }[];
}

/**
 * Trains heads of the same kind, in the same way and on the same texts, on labels dealt out to the
 * wrong texts (Hewitt and Liang 2019, https://arxiv.org/abs/1909.03368). A linear head keeps its
 * penalty, so that it can memorise as much.
 *
 * That takes the training run's `training_metrics.json`, and texts whose token ids have the hash that
 * it recorded.
 *
 * @returns the heads, or why there are none
 * @throws HeadConfigError if `training_metrics.json` is not JSON.
 */
export async function shuffledLabelHeads(
  head: BoundHead,
  options: ShuffledLabelOptions,
): Promise<ShuffledLabelHeads | string> {
  const { files, model } = head;
  if (files.config.headType === "token") return "a token head has nothing to learn";
  const run = readRun(files.directory);
  if (typeof run === "string") return run;
  if (!(await isStillThere(files))) return "another head stands in its folder since it was opened";
  const texts = await textsOf(head, options.texts, run.texts.sha256);
  if (texts === null) {
    return "the texts that the head was trained on are not at hand";
  }
  const { targetLayer, targetNeuron, layerType, featureLayer } = files.config;
  const target = headTarget(model, { layer: targetLayer, layerType, featureLayer });
  const same = { choice: { neurons: [targetNeuron] }, seed: run.settings.seed };
  const data = await trainingData(model, target, head, texts, same, () => silentProgress);
  const stream = randomStream(options.seed, options.name);
  const [{ targets }] = data.neurons;
  const labels = Array.from({ length: options.count }, () =>
    shuffledLabels(targets, data.split, (rows) => stream.shuffle(rows)),
  );
  const heads = await trained(head, run, data, labels);
  return { texts: texts.length, testR2: run.test_metrics.r2, heads };
}

/** Those of the training run; null if these are others. */
async function textsOf(
  head: BoundHead,
  given: ShuffledLabelOptions["texts"],
  wanted: string,
): Promise<MeasuredPrompts | null> {
  if (given) {
    const texts = given.length > 0 ? trainingTexts(head, given) : null;
    return texts && promptsHash(texts.tokens) === wanted ? texts : null;
  }
  const bundled = await bundledTraining(head);
  return bundled?.sha256 === wanted ? bundled.texts : null;
}

function readRun(directory: string): Run | string {
  const file = join(runDirectory(directory), TRAINING_METRICS);
  if (!existsSync(file)) return "there is no training_metrics.json beside the head";
  const parsed = RUN.safeParse(readJsonFile(file, HeadConfigError));
  if (parsed.success) return parsed.data;
  return "training_metrics.json does not say how the head was trained";
}

/** Labels exchanged among the texts of each part of the split. */
function shuffledLabels(
  targets: Float64Array,
  split: Split,
  shuffle: (rows: readonly number[]) => number[],
): Float64Array {
  const labels = Float64Array.from(targets);
  for (const rows of [split.train, split.validation, split.test]) {
    shuffle(rows).forEach((from, i) => {
      labels[rows[i]] = targets[from];
    });
  }
  return labels;
}

async function trained(
  { files, model }: BoundHead,
  { settings, ridge }: Run,
  data: TrainingData,
  labels: readonly Float64Array[],
): Promise<ShuffledLabelHeads["heads"]> {
  const { seed, ...shape } = settings;
  const penalties = ridge ? [ridge.penalty] : undefined;
  const raw = files.config.raw as object;
  const tested = { ...data.features, rows: data.split.test };
  const learning = { ...data, ...data.split, seed, progress: () => silentProgress };
  const wanted: HeadShape = { ...shape, penalties };
  const heads: ShuffledLabelHeads["heads"][number][] = [];
  for await (const { headConfig, binEdges, best } of fitHeads(wanted, learning, labels, null)) {
    const json = { ...raw, head_config: headConfig, bin_edges: binEdges };
    const head = headInMemory(model, json, best);
    const test = headMetrics(head, tested, labels[heads.length]);
    heads.push({ head, testR2: test.r2 });
    await breathe();
  }
  return heads;
}
