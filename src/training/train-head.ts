import { join } from "node:path";
import { InputError } from "../errors";
import type { BoundHead } from "../heads/bind-head";
import { HookedTransformer } from "../model/hooked-transformer";
import { breathe, interruptible } from "../progress/interrupt";
import { silentProgress } from "../progress/progress";
import { type Baselines, baselines } from "./baselines";
import { defaultTexts } from "./default-texts";
import { type FittedHead, fitHeads, type HeadShape, moments } from "./fit-head";
import type { HeadConfigJson } from "./head-config-json";
import { headInMemory } from "./head-in-memory";
import { checkNeuron, type HeadTarget, headTarget } from "./head-target";
import type { LearningCurves } from "./train-by-gradient";
import {
  headShape,
  type TrainHeadOptions,
  type TrainHeadsOptions,
  type TrainingOptions,
} from "./train-head-options";
import {
  constantReason,
  type NeuronChoice,
  type NeuronTargets,
  promptsHash,
  type TrainingData,
  trainingData,
  trainingTexts,
} from "./training-data";
import { headMetrics, type TrainingMetrics } from "./training-metrics";
import { checkRunIsNew, runDirectoryName, writeRun } from "./write-run";

export interface TrainedHead {
  /** The run directory. */
  readonly directory: string;
  readonly config: HeadConfigJson;
  readonly metrics: TrainingMetrics;
  /** What the user should know of the base model's files. */
  readonly warnings: readonly string[];
}

/** How many neurons of a scan are written down. */
const SCAN_SHOWN = 10;

/** Heads for several neurons, in the order in which these were given or ranked. */
export interface TrainedHeads {
  readonly heads: readonly TrainedHead[];
  /** Neurons without a head, and why: they do not vary over the texts. */
  readonly skipped: readonly { readonly neuron: number; readonly reason: string }[];
}

/**
 * Trains a head that predicts one neuron's activation from the residual stream, and writes it as a
 * run directory in the layout of the Python pipeline: PyTorch opens its `head.pt`.
 *
 * The activations are those of the model with its default weight processing, collected in one pass
 * that later heads on the same model and texts share. Without `neuron` the neurons are scanned over
 * the training texts and the best eligible one is taken (`scanNeurons`). A linear regression head is
 * solved in closed form. The same options give the same files on the same machine.
 *
 * @param base a model's name or folder, or a loaded model (which is not disposed)
 * @throws InputError if the layer, neuron or activation does not exist, there are too few texts, the
 *   activation does not vary, an option is out of range, or the run directory exists already. Nothing
 *   is written then.
 * @throws InterruptedError if a notebook's stop button ended it; nothing is written then.
 * @example
 * const { directory, metrics } = await trainHead("tiny-gpt2", { layer: 2 });
 * console.log(directory, metrics.test_metrics.r2);
 */
export async function trainHead(
  base: string | HookedTransformer,
  { neuron, ...options }: TrainHeadOptions,
): Promise<TrainedHead> {
  const choice: NeuronChoice = neuron === undefined ? { top: 1 } : { neurons: [neuron] };
  return (await trainChosen(base, options, choice)).heads[0];
}

/**
 * Trains heads that predict several neurons of one activation, each as `trainHead` does and with the
 * same files, on one pass of features: what linear heads are solved by is worked out once for all.
 *
 * @param base a model's name or folder, or a loaded model (which is not disposed)
 * @throws InputError as `trainHead`, where no neuron at all varies; a neuron is named twice; or none is
 *   asked for.
 * @throws InterruptedError if a notebook's stop button ended it; heads that are done by then are kept.
 * @example
 * const { heads } = await trainHeads("tiny-gpt2", { layer: 2, top: 16 });
 * for (const { config, metrics } of heads) console.log(config.target_neuron, metrics.test_metrics.r2);
 */
export async function trainHeads(
  base: string | HookedTransformer,
  { neurons, top, ...options }: TrainHeadsOptions,
): Promise<TrainedHeads> {
  return trainChosen(base, options, neuronChoice(neurons, top));
}

/** @throws InputError if it is no choice. */
function neuronChoice(
  neurons: readonly number[] | undefined,
  top: number | undefined,
): NeuronChoice {
  if ((neurons === undefined) === (top === undefined)) {
    throw new InputError("it is not said which neurons get a head", {
      found: neurons === undefined ? "neither" : "neurons and top",
      expected: "either neurons, or how many of a scan's best",
    });
  }
  if (neurons === undefined) {
    if (Number.isInteger(top) && top! >= 1) return { top: top! };
    throw new InputError("not a number of neurons", {
      found: String(top),
      expected: "a whole number from 1",
    });
  }
  const twice = neurons.find((neuron, i) => neurons.indexOf(neuron) < i);
  if (neurons.length > 0 && twice === undefined) return { neurons };
  throw new InputError(twice === undefined ? "there is no neuron" : "a neuron is named twice", {
    found: twice === undefined ? "an empty list" : String(twice),
    expected: "neurons, each once",
  });
}

function trainChosen(
  base: string | HookedTransformer,
  options: TrainingOptions,
  choice: NeuronChoice,
): Promise<TrainedHeads> {
  return interruptible(async () => {
    if (typeof base !== "string") return train(base, options, choice);
    const model = await HookedTransformer.fromPretrained(base, { hashFiles: true });
    try {
      return await train(model, options, choice);
    } finally {
      model.dispose();
    }
  });
}

async function train(
  model: HookedTransformer,
  options: TrainingOptions,
  choice: NeuronChoice,
): Promise<TrainedHeads> {
  const { layerType = "mlp_out", featureLayer = -1, tokenPos = "last" } = options;
  const { seed = 0, out = "models", timestamp = new Date() } = options;
  const shape = headShape(options);
  const target = headTarget(model, { layer: options.layer, layerType, featureLayer });
  const directoryOf = (neuron: number) => runDirectoryName(target.layer, neuron, timestamp);
  for (const neuron of choice.neurons ?? []) {
    checkNeuron(neuron, target);
    checkRunIsNew(join(out, directoryOf(neuron)));
  }
  const start = { head_type: shape.headType, target_layer: target.layer };
  const middle = {
    layer_type: layerType,
    token_pos: tokenPos,
    feature_layer: featureLayer,
  };
  const end = {
    base_model_name: options.baseModelName ?? model.name,
    d_model: model.cfg.d_model,
  };
  // The reader of heads says which position is measured and which tokens are the digits.
  const anyHead = { input_dim: model.cfg.d_model, num_classes: shape.numBins };
  const anyConfig = { ...start, target_neuron: 0, ...middle, ...end, head_config: anyHead };
  const reader = headInMemory(model, anyConfig, new Map());

  const progress = (label: string, total: number) =>
    options.progress ? options.progress({ label, total }) : silentProgress;
  const texts = trainingTexts(reader, options.texts ?? (await defaultTexts()));
  const data = await trainingData(model, target, reader, texts, { ...options, choice }, progress);
  const { learnable, skipped } = sorted(data, target);
  for (const { neuron } of learnable) checkRunIsNew(join(out, directoryOf(neuron)));
  const targets = learnable.map((one) => one.targets);
  const { train, validation, test } = data.split;
  const lastTokens = data.prompts.map((ids) => ids[ids.length - 1]);
  const compared = baselines({ ...data, lastTokens, train, test, seed }, targets);
  const learning = { ...data, train, validation, seed, progress };
  const heads: TrainedHead[] = [];
  for await (const fitted of fitHeads(shape, learning, targets, reader.digitTokens)) {
    const { neuron, targets } = learnable[heads.length];
    const { mean, deviation } = moments(train.map((row) => targets[row]));
    const config: HeadConfigJson = {
      ...start,
      target_neuron: neuron,
      ...middle,
      head_config: fitted.headConfig,
      ...end,
      bin_edges: fitted.binEdges,
      activation_mean: mean,
      activation_std: deviation,
    };
    const head = headInMemory(model, config, fitted.best);
    const learnt = { ...fitted, targets, baselines: compared[heads.length] };
    const metrics = trainingMetrics(head, data, learnt, { ...shape, seed });
    const content = { config, best: fitted.best, final: fitted.final, metrics };
    const directory = await writeRun(out, directoryOf(neuron), content);
    heads.push({ directory, config, metrics, warnings: model.warnings });
    await breathe();
  }
  return { heads, skipped };
}

/** Neurons that can be learnt, and the others. @throws InputError if there is none that can. */
function sorted(
  data: TrainingData,
  target: HeadTarget,
): { learnable: NeuronTargets[] } & Pick<TrainedHeads, "skipped"> {
  const reasons = data.neurons.map((one) => constantReason(one, data, target));
  if (reasons.every((reason) => reason !== null)) throw reasons[0];
  const skipped = data.neurons.flatMap(({ neuron }, i) => {
    const reason = reasons[i];
    return reason ? [{ neuron, reason: reason.message }] : [];
  });
  return { learnable: data.neurons.filter((_, i) => reasons[i] === null), skipped };
}

/** The learning curves of a head that is solved at once. */
function oneEpoch({ train, validation }: TrainingMetrics["best_model_metrics"]): LearningCurves {
  const epoch = ({ mse, mae, r2 }: typeof train) => ({ mse, mae, r2_score: r2 });
  return {
    train_loss: [train.mse],
    val_loss: [validation.mse],
    train_metrics: [epoch(train)],
    val_metrics: [epoch(validation)],
    learning_rate: [],
  };
}

interface Learnt extends FittedHead, Pick<NeuronTargets, "targets"> {
  readonly baselines: Baselines;
}

function trainingMetrics(
  head: BoundHead,
  data: TrainingData,
  { curves, bestEpoch, ridge, targets, baselines: compared }: Learnt,
  { penalties: _, ...settings }: HeadShape & { seed: number },
): TrainingMetrics {
  const { prompts, split, features, scan } = data;
  const of = (rows: readonly number[]) => headMetrics(head, { ...features, rows }, targets);
  const test = of(split.test);
  const shuffled = compared.shuffled_labels.r2;
  const best = { train: of(split.train), validation: of(split.validation) };
  // What is solved in closed form has been through one epoch, with nothing to learn through none.
  const epochs = ridge ? oneEpoch(best) : curves;
  const bestIndex = ridge ? 0 : bestEpoch;
  return {
    ...epochs,
    best_val_loss: bestIndex === null ? null : epochs.val_loss[bestIndex],
    best_epoch: bestIndex === null ? -1 : bestIndex + 1,
    train_time: null,
    best_model_metrics: best,
    test_metrics: test,
    baselines: compared,
    selectivity: test.r2 === null || shuffled === null ? null : test.r2 - shuffled,
    ridge: ridge && { penalty: ridge.penalty, cross_validation: ridge.crossValidation },
    hook: head.hook,
    feature_hook: head.reads[0],
    texts: {
      count: prompts.length,
      truncated: data.truncated,
      sha256: promptsHash(prompts),
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
    },
    scan: scan?.slice(0, SCAN_SHOWN) ?? null,
    settings,
  };
}
