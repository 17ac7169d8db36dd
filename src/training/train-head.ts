import { join } from "node:path";
import type { BoundHead } from "../heads/bind-head";
import { HookedTransformer } from "../model/hooked-transformer";
import { interruptible } from "../progress/interrupt";
import { silentProgress } from "../progress/progress";
import { baselines } from "./baselines";
import { defaultTexts } from "./default-texts";
import { type FittedHead, fitHead, type HeadShape, moments } from "./fit-head";
import type { HeadConfigJson } from "./head-config-json";
import { headInMemory } from "./head-in-memory";
import { checkNeuron, headTarget } from "./head-target";
import type { LearningCurves } from "./train-by-gradient";
import { headShape, type TrainHeadOptions } from "./train-head-options";
import { promptsHash, type TrainingData, trainingData, trainingTexts } from "./training-data";
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
export function trainHead(
  base: string | HookedTransformer,
  options: TrainHeadOptions,
): Promise<TrainedHead> {
  return interruptible(async () => {
    if (typeof base !== "string") return train(base, options);
    const model = await HookedTransformer.fromPretrained(base);
    try {
      return await train(model, options);
    } finally {
      model.dispose();
    }
  });
}

async function train(model: HookedTransformer, options: TrainHeadOptions): Promise<TrainedHead> {
  const { layerType = "mlp_out", featureLayer = -1, tokenPos = "last" } = options;
  const { seed = 0, out = "models", timestamp = new Date() } = options;
  const shape = headShape(options);
  const target = headTarget(model, { layer: options.layer, layerType, featureLayer });
  const directoryOf = (neuron: number) => runDirectoryName(target.layer, neuron, timestamp);
  if (options.neuron !== undefined) {
    checkNeuron(options.neuron, target);
    checkRunIsNew(join(out, directoryOf(options.neuron)));
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
  const data = await trainingData(model, target, reader, texts, options, progress);
  checkRunIsNew(join(out, directoryOf(data.neuron)));
  const { train, validation } = data.split;
  const fitted = await fitHead(
    shape,
    { ...data, train, validation, seed, progress },
    reader.digitTokens,
  );
  const { mean, deviation } = moments(train.map((row) => data.targets[row]));
  const config: HeadConfigJson = {
    ...start,
    target_neuron: data.neuron,
    ...middle,
    head_config: fitted.headConfig,
    ...end,
    bin_edges: fitted.binEdges,
    activation_mean: mean,
    activation_std: deviation,
  };
  const head = headInMemory(model, config, fitted.best);
  const metrics = trainingMetrics(head, data, fitted, { ...shape, seed });
  const content = { config, best: fitted.best, final: fitted.final, metrics };
  const directory = await writeRun(out, directoryOf(data.neuron), content);
  return { directory, config, metrics, warnings: model.warnings };
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

function trainingMetrics(
  head: BoundHead,
  data: TrainingData,
  { curves, bestEpoch, ridge }: FittedHead,
  { penalties: _, ...settings }: HeadShape & { seed: number },
): TrainingMetrics {
  const { prompts, split, features, targets, scan } = data;
  const of = (rows: readonly number[]) => headMetrics(head, { ...features, rows }, targets);
  const test = of(split.test);
  const compared = baselines({
    ...data,
    lastTokens: prompts.map((ids) => ids[ids.length - 1]),
    train: split.train,
    test: split.test,
    seed: settings.seed,
  });
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
