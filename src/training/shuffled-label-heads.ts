import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "../checkpoints/json-file";
import { HeadConfigError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { HEAD_ACTIVATIONS } from "../heads/head-config";
import { isStillThere } from "../heads/load-head";
import { runDirectory, TRAINING_METRICS } from "../heads/run-folders";
import { breathe } from "../progress/interrupt";
import { silentProgress } from "../progress/progress";
import { randomStream } from "../stats/random-stream";
import { defaultTexts } from "./default-texts";
import { fitHead, type HeadShape } from "./fit-head";
import { headInMemory } from "./head-in-memory";
import { headTarget } from "./head-target";
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
  const given = options.texts ?? (await bundledTexts(head));
  const texts = given.length > 0 ? trainingTexts(head, given) : null;
  if (texts === null || promptsHash(texts.tokens) !== run.texts.sha256) {
    return "the texts that the head was trained on are not at hand";
  }
  const { targetLayer, targetNeuron, layerType, featureLayer } = files.config;
  const target = headTarget(model, { layer: targetLayer, layerType, featureLayer });
  const same = { layer: targetLayer, neuron: targetNeuron, seed: run.settings.seed };
  const data = await trainingData(model, target, head, texts, same, () => silentProgress);
  const stream = randomStream(options.seed, options.name);
  const heads: ShuffledLabelHeads["heads"][number][] = [];
  for (let i = 0; i < options.count; i++) {
    const shuffled = withShuffledLabels(data, (rows) => stream.shuffle(rows));
    heads.push(await trained(head, run, shuffled));
    await breathe();
  }
  return { texts: texts.length, testR2: run.test_metrics.r2, heads };
}

async function bundledTexts({ model }: BoundHead): Promise<readonly string[]> {
  return model.tokenizer ? defaultTexts() : [];
}

function readRun(directory: string): Run | string {
  const file = join(runDirectory(directory), TRAINING_METRICS);
  if (!existsSync(file)) return "there is no training_metrics.json beside the head";
  const parsed = RUN.safeParse(readJsonFile(file, HeadConfigError));
  if (parsed.success) return parsed.data;
  return "training_metrics.json does not say how the head was trained";
}

/** The same data with labels exchanged among the texts of each part of the split. */
function withShuffledLabels(
  data: TrainingData,
  shuffle: (rows: readonly number[]) => number[],
): TrainingData {
  const targets = Float64Array.from(data.targets);
  for (const rows of [data.split.train, data.split.validation, data.split.test]) {
    shuffle(rows).forEach((from, i) => {
      targets[rows[i]] = data.targets[from];
    });
  }
  return { ...data, targets };
}

async function trained(
  { files, model }: BoundHead,
  { settings, ridge }: Run,
  data: TrainingData,
): Promise<ShuffledLabelHeads["heads"][number]> {
  const { seed, ...shape } = settings;
  const penalties = ridge ? [ridge.penalty] : undefined;
  const fitted = await fitHead(
    { ...shape, penalties } satisfies HeadShape,
    { ...data, ...data.split, seed, progress: () => silentProgress },
    null,
  );
  const raw = files.config.raw as object;
  const json = { ...raw, head_config: fitted.headConfig, bin_edges: fitted.binEdges };
  const head = headInMemory(model, json, fitted.best);
  const test = headMetrics(head, { ...data.features, rows: data.split.test }, data.targets);
  return { head, testR2: test.r2 };
}
