import { createHash } from "node:crypto";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type BoundHead, bindHead } from "../heads/bind-head";
import type { HeadActivation } from "../heads/head-config";
import { parseHeadConfig } from "../heads/head-config";
import { predictFromFeatures } from "../heads/prediction";
import { unembed } from "../model/forward";
import { HookedTransformer } from "../model/hooked-transformer";
import { tokenBatch } from "../model/token-batch";
import { type Progress, silentProgress } from "../progress/progress";
import type { ProgressBarOptions } from "../progress/progress-bar";
import { isConstant } from "../stats/is-constant";
import { type Baselines, baselines } from "./baselines";
import { type Binning, binOf } from "./bin-edges";
import { classProbabilities } from "./class-probabilities";
import { activationCacheFolder, collectActivations } from "./collect-activations";
import { defaultTexts } from "./default-texts";
import {
  type ClassMetrics,
  classMetrics,
  type RegressionMetrics,
  regressionMetrics,
} from "./evaluation";
import { type FeatureRows, rowViews } from "./feature-rows";
import {
  type FittedHead,
  fitHead,
  type HeadData,
  type HeadShape,
  hiddenLayer,
  moments,
} from "./fit-head";
import type { HeadConfigJson } from "./head-config-json";
import { checkNeuron, type HeadTarget, headTarget } from "./head-target";
import { type NeuronStatistics, scanNeurons } from "./scan-neurons";
import { foldsByText, type Split, splitByText } from "./split-by-text";
import {
  DEFAULT_GRADIENT_SETTINGS,
  type GradientSettings,
  type HeadTensors,
} from "./train-by-gradient";
import { checkRunIsNew, runDirectoryName, writeRun } from "./write-run";

export interface TrainHeadOptions {
  /** The block whose activation is predicted; negative counts from the end. */
  readonly layer: number;
  /** The coordinate of that activation; the best of a scan if not given. */
  readonly neuron?: number;
  /** Which activation. Default: "mlp_out". */
  readonly layerType?: string;
  /** Default: "regression". */
  readonly headType?: "regression" | "classification" | "token";
  /** Texts, or token ids of each; `defaultTexts()` if not given. Texts longer than the context are cut. */
  readonly texts?: readonly (string | readonly number[])[];
  /** The block whose `resid_post` is read; negative counts from the end. Default: −1. */
  readonly featureLayer?: number;
  /** Which token is measured; a number is clamped to the last token. Default: "last". */
  readonly tokenPos?: "last" | number;
  /** Width of a hidden layer. Default: null, none. */
  readonly hiddenDim?: number | null;
  /** Of the hidden layer. Default: "gelu". */
  readonly activation?: HeadActivation;
  /** In training by gradient descent. Default: 0. */
  readonly dropout?: number;
  /** The output is multiplied by this. Default: null, 1. */
  readonly outputScale?: number | null;
  /** Classes of a classification head. Default: 10. */
  readonly numBins?: number;
  /** Bins with equally many texts or of equal width. Default: "quantile". */
  readonly binning?: Binning;
  /** "balanced": rare classes count more in the loss. Default: null. */
  readonly classWeights?: "balanced" | null;
  /** Penalties that ridge regression chooses from, ascending. */
  readonly penalties?: readonly number[];
  /** How heads are trained that have no closed form. */
  readonly gradient?: Partial<GradientSettings>;
  /** Shares of the texts. Default: 0.1 each. */
  readonly validationShare?: number;
  readonly testShare?: number;
  /** Of the split, the folds, the start, the batches. Default: 0. */
  readonly seed?: number;
  /** The folder that the run directory is made in. Default: "models". */
  readonly out?: string;
  /** In the run directory's name, as UTC. Default: now. */
  readonly timestamp?: Date;
  /** `base_model_name` of the head. Default: the name or folder that the model was loaded by. */
  readonly baseModelName?: string;
  /** Where activations are kept between runs. Default: `activationCacheFolder()`. */
  readonly cacheFolder?: string;
  /** Opens a bar for each long step, such as `progressBar`. Default: none. */
  readonly progress?: (options: ProgressBarOptions) => Progress;
}

/** Metrics of one part of the split; class metrics for classification heads with bins. */
export type HeadMetrics = RegressionMetrics & Partial<ClassMetrics>;

/** `training_metrics.json`. */
export interface TrainingMetrics {
  /** Per epoch; empty for closed forms. Mean squared error, or cross-entropy in nats. */
  readonly train_loss: readonly number[];
  readonly val_loss: readonly number[];
  readonly learning_rate: readonly number[];
  readonly best_epoch: number | null;
  readonly best_val_loss: number | null;
  /** Metrics of `best_model` on each part of the split. */
  readonly train_metrics: HeadMetrics;
  readonly val_metrics: HeadMetrics;
  readonly test_metrics: HeadMetrics;
  /** On the test texts. */
  readonly baselines: Baselines;
  /** The test R² minus that of a linear head on shuffled labels; null if one of them does not exist. */
  readonly selectivity: number | null;
  /** How ridge regression chose its penalty; null for other heads. */
  readonly ridge: {
    readonly penalty: number;
    readonly cross_validation: readonly { readonly penalty: number; readonly mse: number }[];
  } | null;
  readonly hook: string;
  readonly feature_hook: string;
  readonly texts: {
    /** As given, duplicates included. */
    readonly count: number;
    /** How many were longer than the context. */
    readonly truncated: number;
    /** Of all token ids, in order. */
    readonly sha256: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  /** The neurons that a scan ranked first, over the training texts; null if the neuron was given. */
  readonly scan: readonly NeuronStatistics[] | null;
  readonly settings: Omit<HeadShape, "penalties"> & { readonly seed: number };
}

export interface TrainedHead {
  /** The run directory. */
  readonly directory: string;
  readonly config: HeadConfigJson;
  readonly metrics: TrainingMetrics;
}

const FOLDS = 5;

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
 * @example
 * const { directory, metrics } = await trainHead("tiny-gpt2", { layer: 2 });
 * console.log(directory, metrics.test_metrics.r2);
 */
export async function trainHead(
  base: string | HookedTransformer,
  options: TrainHeadOptions,
): Promise<TrainedHead> {
  if (typeof base !== "string") return train(base, options);
  const model = await HookedTransformer.fromPretrained(base);
  try {
    return await train(model, options);
  } finally {
    model.dispose();
  }
}

async function train(model: HookedTransformer, options: TrainHeadOptions): Promise<TrainedHead> {
  const { tokenPos = "last", seed = 0, out = "models", timestamp = new Date() } = options;
  const { layerType = "mlp_out", featureLayer = -1 } = options;
  const shape = headShape(options);
  const target = headTarget(model, { layer: options.layer, layerType, featureLayer });
  if (options.neuron !== undefined) {
    checkNeuron(options.neuron, target);
    checkRunIsNew(join(out, runDirectoryName(target.layer, options.neuron, timestamp)));
  }
  const common = {
    head_type: shape.headType,
    target_layer: target.layer,
    layer_type: layerType,
    token_pos: tokenPos,
    feature_layer: featureLayer,
    base_model_name: options.baseModelName ?? model.name,
    d_model: model.cfg.d_model,
  };
  // The reader of heads says which position is measured and which tokens are the digits.
  const anyHead = { input_dim: model.cfg.d_model, num_classes: options.numBins ?? 2 };
  const reader = bound(model, { ...common, target_neuron: 0, head_config: anyHead }, new Map());
  const { tokens, truncated } = promptTokens(model, options.texts ?? (await defaultTexts()));
  const prompts = tokens.map((ids) => ids.slice(0, reader.position(ids.length) + 1));
  const split = splitByText(prompts, options);
  const isToken = shape.headType === "token";
  const store = await collectActivations(model, prompts, wantedHooks(model, target, prompts), {
    cacheFolder: options.cacheFolder ?? activationCacheFolder(),
    progress: (total) => open(options, "Activations", total),
  });
  const featureHook = isToken ? target.lastHook : target.featureHook;
  const features = {
    data: store.read(featureHook),
    columns: model.cfg.d_model,
    rows: [...prompts.keys()],
  };
  const scan =
    options.neuron === undefined
      ? scanNeurons({ ...features, rows: split.train }, store.read(target.hook), target.size)
      : null;
  const neuron = options.neuron ?? scan![0].neuron;
  const directoryName = runDirectoryName(target.layer, neuron, timestamp);
  checkRunIsNew(join(out, directoryName));
  const targets = store.column(target.hook, neuron);
  checkVaries(targets, split, target.hook, neuron);

  const foldOf = foldsByText(prompts, split.train, { folds: FOLDS, seed });
  const data: HeadData = {
    features,
    targets,
    train: split.train,
    validation: split.validation,
    foldOf,
    seed,
    progress: (label, total) => open(options, label, total),
  };
  const fitted = await fitHead(shape, data, reader.digitTokens);
  const { mean, deviation } = moments(split.train.map((row) => targets[row]));
  const { head_type, target_layer, ...others } = common;
  const json: HeadConfigJson = {
    head_type,
    target_layer,
    target_neuron: neuron,
    ...others,
    head_config: fitted.headConfig,
    bin_edges: fitted.binEdges,
    activation_mean: mean,
    activation_std: deviation,
  };
  const best = bound(model, json, fitted.best);
  const metricsOf = (rows: readonly number[]) =>
    headMetrics(best, fitted, shape, { ...features, rows }, targets);
  const test = metricsOf(split.test);
  const lastTokens = prompts.map((ids) => ids[ids.length - 1]);
  const compared = baselines({ ...data, lastTokens, test: split.test });
  const metrics: TrainingMetrics = {
    ...fitted.curves,
    best_epoch: fitted.bestEpoch,
    best_val_loss: fitted.bestEpoch === null ? null : fitted.curves.val_loss[fitted.bestEpoch],
    train_metrics: metricsOf(split.train),
    val_metrics: metricsOf(split.validation),
    test_metrics: test,
    baselines: compared,
    selectivity: difference(test.r2, compared.shuffled_labels.r2),
    ridge: fitted.ridge && {
      penalty: fitted.ridge.penalty,
      cross_validation: fitted.ridge.crossValidation,
    },
    hook: target.hook,
    feature_hook: isToken ? "unembed.hook_out" : target.featureHook,
    texts: {
      count: prompts.length,
      truncated,
      sha256: createHash("sha256").update(JSON.stringify(prompts)).digest("hex"),
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
    },
    scan: scan?.slice(0, SCAN_SHOWN) ?? null,
    settings: { ...withoutPenalties(shape), seed },
  };
  const content = { config: json, best: fitted.best, final: fitted.final, metrics };
  return { directory: await writeRun(out, directoryName, content), config: json, metrics };
}

function withoutPenalties({ penalties: _, ...rest }: HeadShape): Omit<HeadShape, "penalties"> {
  return rest;
}

/** @throws InputError if an option cannot be used. */
function headShape(options: TrainHeadOptions): HeadShape {
  const { hiddenDim = null, dropout = 0, outputScale = null } = options;
  const gradient = { ...DEFAULT_GRADIENT_SETTINGS, ...options.gradient };
  const isCount = (value: number) => Number.isInteger(value) && value >= 1;
  const checks: [name: string, value: unknown, isFine: boolean, expected: string][] = [
    ["hiddenDim", hiddenDim, hiddenDim === null || isCount(hiddenDim), "a whole number from 1"],
    ["dropout", dropout, dropout >= 0 && dropout < 1, "a number from 0 to below 1"],
    [
      "outputScale",
      outputScale,
      outputScale === null || (Number.isFinite(outputScale) && outputScale !== 0),
      "a number that is not 0",
    ],
    ["gradient.epochs", gradient.epochs, isCount(gradient.epochs), "a whole number from 1"],
    [
      "gradient.batchSize",
      gradient.batchSize,
      isCount(gradient.batchSize),
      "a whole number from 1",
    ],
    [
      "gradient.learningRate",
      gradient.learningRate,
      gradient.learningRate > 0 && gradient.learningRate < Number.POSITIVE_INFINITY,
      "a number above 0",
    ],
    ["gradient.clipNorm", gradient.clipNorm, gradient.clipNorm > 0, "a number above 0"],
  ];
  for (const [name, value, isFine, expected] of checks) {
    if (!isFine) throw new InputError(`${name} cannot be used`, { found: String(value), expected });
  }
  return {
    headType: options.headType ?? "regression",
    hiddenDim,
    activation: options.activation ?? "gelu",
    dropout,
    outputScale,
    numBins: options.numBins ?? 10,
    binning: options.binning ?? "quantile",
    classWeights: options.classWeights ?? null,
    penalties: options.penalties,
    gradient,
  };
}

/** Token ids of each text, cut to the context. */
function promptTokens(
  { cfg, tokenizer }: HookedTransformer,
  texts: readonly (string | readonly number[])[],
): { tokens: number[][]; truncated: number } {
  let truncated = 0;
  const ids = texts.map((text) => {
    if (typeof text === "string" && !tokenizer) {
      throw new InputError("the texts are texts, but this model has no tokenizer", {
        remedy: "Give token ids, or put the model's tokenizer.json into its folder.",
      });
    }
    const all = typeof text === "string" ? tokenizer!.encode(text) : text;
    if (all.length > cfg.n_ctx) truncated++;
    return all.slice(0, cfg.n_ctx);
  });
  return { tokens: tokenBatch(ids, cfg, tokenizer), truncated };
}

/** A pass keeps the activation of every block if that takes no more room than this, else of one. */
const ROOM_FOR_EVERY_BLOCK = 256 * 2 ** 20;

/**
 * The hooks of a pass. The target's activation is kept for every block where that is small, so that
 * heads on other blocks find it in the cache.
 */
function wantedHooks(
  { cfg }: HookedTransformer,
  { hook, size, featureHook, lastHook }: HeadTarget,
  prompts: readonly unknown[],
): string[] {
  const hooks = [hook, featureHook, lastHook];
  const bytes = prompts.length * size * cfg.n_layers * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > ROOM_FOR_EVERY_BLOCK || !hook.startsWith("blocks.")) return hooks;
  const ofEveryBlock = Array.from({ length: cfg.n_layers }, (_, layer) =>
    hook.replace(/^blocks\.\d+/, `blocks.${layer}`),
  );
  return [...new Set([...hooks, ...ofEveryBlock])];
}

function checkVaries(targets: Float64Array, split: Split, hook: string, neuron: number): void {
  for (const rows of [split.train, split.validation, split.test]) {
    const values = rows.map((row) => targets[row]);
    if (!isConstant(values)) continue;
    throw new InputError(`neuron ${neuron} of ${hook} does not vary over the texts`, {
      found: `${values[0]} on each of ${rows.length} texts`,
      remedy: "Give more texts, or ones that end in different tokens, or another neuron.",
    });
  }
}

/** A head in memory, as if it had been read from its files. */
function bound(model: HookedTransformer, json: object, tensors: HeadTensors): BoundHead {
  const config = parseHeadConfig(json, "config.json");
  const files = { directory: "", headFile: "head.pt", configFile: "config.json", warnings: [] };
  return bindHead({ ...files, config, tensors }, model);
}

function headMetrics(
  head: BoundHead,
  { best, binEdges: edges }: FittedHead,
  shape: HeadShape,
  features: FeatureRows,
  targets: Float64Array,
): HeadMetrics {
  const wanted = features.rows.map((row) => targets[row]);
  const metrics = regressionMetrics(predictions(head, features), wanted);
  if (!edges) return metrics;
  const probabilities = classProbabilities(best, hiddenLayer(shape), features);
  const labels = wanted.map((value) => binOf(value, edges));
  return { ...metrics, ...classMetrics(probabilities, labels) };
}

/** Rows whose logits are computed at once. */
const ROWS_OF_LOGITS = 256;

function predictions(head: BoundHead, features: FeatureRows): number[] {
  if (!head.digitTokens) return predictFromFeatures(head.files, rowViews(features));
  const { model, reads } = head;
  const { data, columns, rows } = features;
  const result: number[] = [];
  for (let from = 0; from < rows.length; from += ROWS_OF_LOGITS) {
    const chunk = rows.slice(from, from + ROWS_OF_LOGITS);
    const residual = Float32Array.from({ length: chunk.length * columns }, (_, i) => {
      const row = chunk[Math.floor(i / columns)];
      return data[row * columns + (i % columns)];
    });
    const part = tf.tidy(() => {
      const stream = tf.tensor3d(residual, [chunk.length, 1, columns]);
      const logits = tf.squeeze(unembed(model.weights, model.cfg, stream), [1]) as tf.Tensor2D;
      return head.predict(new Map([[reads[0], logits]]));
    });
    result.push(...part);
  }
  return result;
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

function open({ progress }: TrainHeadOptions, label: string, total: number): Progress {
  return progress ? progress({ label, total }) : silentProgress;
}
