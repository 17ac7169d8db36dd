import * as tf from "@tensorflow/tfjs-core";
import type { HeadActivation, HiddenLayerConfig } from "../heads/head-config";
import type { HeadTensor } from "../heads/load-head";
import type { Progress } from "../progress/progress";
import { type RandomStream, randomStream } from "../stats/random-stream";
import { regressionMetrics } from "./evaluation";
import { type FeatureRows, type Standardisation, standardisedRows } from "./feature-rows";

/** A head's tensors under their names in `head.pt`. */
export type HeadTensors = Map<string, HeadTensor>;

/** How a head is trained by gradient descent. */
export interface GradientSettings {
  /** Most passes over the training texts. Default: 100. */
  readonly epochs: number;
  /** Texts in a step. Default: 128. */
  readonly batchSize: number;
  /** Of the first step; half a cosine brings it down to 0. Default: 0.003. */
  readonly learningRate: number;
  /** AdamW's, on weights but not on biases. Default: 0.01. */
  readonly weightDecay: number;
  /** Epochs without a lower validation loss after which training stops. Default: 15. */
  readonly patience: number;
  /** Gradients longer than this are shortened to it. Default: 1. */
  readonly clipNorm: number;
}

export const DEFAULT_GRADIENT_SETTINGS: GradientSettings = {
  epochs: 100,
  batchSize: 128,
  learningRate: 0.003,
  weightDecay: 0.01,
  patience: 15,
  clipNorm: 1,
};

/** What the head is to learn. */
export type Objective =
  | {
      /** Squared error; targets have mean 0 and standard deviation 1. */
      readonly kind: "regression";
    }
  | {
      /** Cross-entropy; targets are class numbers. */
      readonly kind: "classification";
      readonly classes: number;
      /** The weight of each class in the loss; null if all are 1. */
      readonly classWeights: readonly number[] | null;
    };

export interface LabelledRows {
  readonly features: FeatureRows;
  /** One for each of `features.rows`. */
  readonly targets: ArrayLike<number>;
}

export interface GradientTask {
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
  readonly standard: Standardisation;
  readonly objective: Objective;
  readonly hidden: HiddenLayerConfig | null;
  /** Share of the hidden units, or without a hidden layer of the features, that are left out in each step. */
  readonly dropout: number;
  readonly settings: GradientSettings;
  readonly seed: number;
  /** Opened with the number of epochs. */
  readonly progress: (total: number) => Progress;
}

/** How well a head does after an epoch, under the Python pipeline's names. */
export type EpochMetrics =
  | { readonly mse: number; readonly mae: number; readonly r2_score: number | null }
  | { readonly accuracy: number };

/** What is noted of each epoch. */
export interface LearningCurves {
  /** Mean loss of the epoch's steps. */
  readonly train_loss: number[];
  readonly val_loss: number[];
  /** On all training texts after the epoch, without dropout. */
  readonly train_metrics: EpochMetrics[];
  readonly val_metrics: EpochMetrics[];
  /** Of the epoch's last step. */
  readonly learning_rate: number[];
}

export interface GradientResult {
  /** For standardised features; see `unstandardised`. */
  readonly best: HeadTensors;
  readonly final: HeadTensors;
  readonly curves: LearningCurves;
  /** The epoch of the lowest validation loss, from 0. */
  readonly bestEpoch: number;
}

/**
 * Trains a head with AdamW (Loshchilov and Hutter 2019), a cosine schedule, gradient clipping and
 * early stopping on the validation loss.
 *
 * https://arxiv.org/abs/1711.05101
 */
export async function trainByGradient(task: GradientTask): Promise<GradientResult> {
  const { train, validation, settings, seed } = task;
  const { epochs, batchSize, patience } = settings;
  const variables = initialise(task);
  const optimizer = tf.train.adam(settings.learningRate);
  const order = randomStream(seed, "train-by-gradient-order");
  const stepsPerEpoch = Math.ceil(train.features.rows.length / batchSize);
  const held = batchOf(validation, [...validation.features.rows.keys()], task);
  const curves: LearningCurves = {
    train_loss: [],
    val_loss: [],
    train_metrics: [],
    val_metrics: [],
    learning_rate: [],
  };
  let best = snapshot(variables);
  let bestEpoch = 0;
  const bar = task.progress(epochs);
  try {
    for (let epoch = 0; epoch < epochs && epoch - bestEpoch <= patience; epoch++) {
      const rows = order.shuffle([...train.features.rows.keys()]);
      let lossSum = 0;
      let rate = 0;
      for (let step = 0; step < stepsPerEpoch; step++) {
        const done = (epoch * stepsPerEpoch + step) / (epochs * stepsPerEpoch);
        rate = (settings.learningRate * (1 + Math.cos(Math.PI * done))) / 2;
        const chosen = rows.slice(step * batchSize, (step + 1) * batchSize);
        const batch = batchOf(train, chosen, task);
        const dropoutSeed = seed + epoch * stepsPerEpoch + step;
        lossSum += trainStep(variables, optimizer, batch, task, rate, dropoutSeed) * chosen.length;
        disposeBatch(batch);
        await bar.breathe();
      }
      const validationLoss = tf.tidy(() => loss(variables, held, task, null).dataSync()[0]);
      curves.train_loss.push(lossSum / rows.length);
      curves.val_loss.push(validationLoss);
      curves.train_metrics.push(epochMetrics(variables, train, task));
      curves.val_metrics.push(epochMetrics(variables, validation, task));
      curves.learning_rate.push(rate);
      if (epoch === 0 || validationLoss < curves.val_loss[bestEpoch]) {
        best = snapshot(variables);
        bestEpoch = epoch;
      }
      bar.update(epoch + 1);
      await bar.breathe();
    }
    return { best, final: snapshot(variables), curves, bestEpoch };
  } finally {
    bar.done();
    disposeBatch(held);
    tf.dispose(variables);
    optimizer.dispose();
  }
}

type Variables = Record<string, tf.Variable>;

interface Batch {
  /** `[n, d]`, standardised. */
  readonly x: tf.Tensor2D;
  /** `[n]` targets, or `[n, classes]` one for the right class. */
  readonly y: tf.Tensor;
  /** `[n]`, adding up to 1. */
  readonly weights: tf.Tensor1D;
}

function disposeBatch({ x, y, weights }: Batch): void {
  tf.dispose([x, y, weights]);
}

/** PyTorch's `Linear` starts so: uniform within ±1/√inputs. */
function initialise({ train, objective, hidden, seed }: GradientTask): Variables {
  const stream = randomStream(seed, "train-by-gradient-start");
  const inputs = train.features.columns;
  const outputs = objective.kind === "regression" ? 1 : objective.classes;
  return {
    ...(hidden ? linear(stream, "hidden", hidden.dim, inputs) : {}),
    ...linear(stream, "output", outputs, hidden?.dim ?? inputs),
  };
}

function linear(stream: RandomStream, name: string, outputs: number, inputs: number): Variables {
  const bound = 1 / Math.sqrt(inputs);
  const drawn = (shape: number[]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, () => bound * (2 * stream.uniform() - 1));
    return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
  };
  return { [`${name}.weight`]: drawn([outputs, inputs]), [`${name}.bias`]: drawn([outputs]) };
}

function batchOf(
  { features, targets }: LabelledRows,
  indices: readonly number[],
  { standard, objective }: GradientTask,
): Batch {
  const rows = indices.map((index) => features.rows[index]);
  const x = tf.tensor2d(standardisedRows({ ...features, rows }, standard), [
    rows.length,
    features.columns,
  ]);
  const labels = indices.map((index) => targets[index]);
  const { classWeights } = objective.kind === "classification" ? objective : { classWeights: null };
  const raw = labels.map((label) => classWeights?.[label] ?? 1);
  const sum = raw.reduce((total, weight) => total + weight, 0);
  const weights = tf.tensor1d(raw.map((weight) => weight / sum));
  if (objective.kind === "regression") return { x, y: tf.tensor1d(labels), weights };
  const y = tf.tidy(() =>
    tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), objective.classes), "float32"),
  );
  return { x, y, weights };
}

function trainStep(
  variables: Variables,
  optimizer: tf.AdamOptimizer,
  batch: Batch,
  task: GradientTask,
  rate: number,
  dropoutSeed: number,
): number {
  const { clipNorm, weightDecay } = task.settings;
  // tfjs has no setter for the learning rate of a schedule.
  (optimizer as unknown as { learningRate: number }).learningRate = rate;
  return tf.tidy(() => {
    const list = Object.values(variables);
    const { value, grads } = tf.variableGrads(
      () => loss(variables, batch, task, dropoutSeed),
      list,
    );
    const norm = tf.sqrt(tf.addN(Object.values(grads).map((grad) => tf.sum(tf.square(grad)))));
    const factor = tf.div(clipNorm, tf.maximum(norm, clipNorm));
    for (const [name, variable] of Object.entries(variables)) {
      if (name.endsWith(".weight")) variable.assign(tf.mul(variable, 1 - rate * weightDecay));
    }
    optimizer.applyGradients(
      Object.entries(grads).map(([name, grad]) => ({ name, tensor: tf.mul(grad, factor) })),
    );
    return value.dataSync()[0];
  });
}

/** @param dropoutSeed null for evaluation: no dropout then */
function loss(
  variables: Variables,
  { x, y, weights }: Batch,
  { hidden, dropout, objective }: GradientTask,
  dropoutSeed: number | null,
): tf.Scalar {
  const output = headOutputs(variables, hidden, x, (values) =>
    dropoutSeed === null || dropout === 0
      ? values
      : (tf.dropout(values, dropout, undefined, dropoutSeed) as tf.Tensor2D),
  );
  const errors =
    objective.kind === "regression"
      ? tf.square(tf.sub(tf.squeeze(output, [1]), y))
      : tf.neg(tf.sum(tf.mul(y, tf.logSoftmax(output)), 1));
  return tf.sum(tf.mul(errors, weights)) as tf.Scalar;
}

/** Rows that are evaluated at once. */
const ROWS_EVALUATED = 1024;

/** In the units of the targets as the objective has them. */
function epochMetrics(
  variables: Variables,
  { features, targets }: LabelledRows,
  { hidden, objective, standard }: GradientTask,
): EpochMetrics {
  const outputs: number[][] = [];
  for (let from = 0; from < features.rows.length; from += ROWS_EVALUATED) {
    const rows = features.rows.slice(from, from + ROWS_EVALUATED);
    const part = tf.tidy(() => {
      const values = standardisedRows({ ...features, rows }, standard);
      const x = tf.tensor2d(values, [rows.length, features.columns]);
      return headOutputs(variables, hidden, x, (unchanged) => unchanged).arraySync();
    });
    outputs.push(...part);
  }
  if (objective.kind === "classification") {
    const right = outputs.filter((row, i) => row.indexOf(Math.max(...row)) === targets[i]);
    return { accuracy: right.length / outputs.length };
  }
  const { mse, mae, r2 } = regressionMetrics(
    outputs.map(([output]) => output),
    targets,
  );
  return { mse, mae, r2_score: r2 };
}

/**
 * A head's outputs before scaling and softmax, `[n, outputs]`.
 *
 * @param x `[n, d]`
 * @param dropped what happens to the input of the output layer
 */
export function headOutputs(
  tensors: Readonly<Record<string, tf.Tensor>>,
  hidden: HiddenLayerConfig | null,
  x: tf.Tensor2D,
  dropped: (values: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  const layer = (input: tf.Tensor2D, name: string) =>
    tf.add(
      tf.matMul(input, tensors[`${name}.weight`] as tf.Tensor2D, false, true),
      tensors[`${name}.bias`],
    ) as tf.Tensor2D;
  const read = hidden ? activations[hidden.activation](layer(x, "hidden")) : x;
  return layer(dropped(read), "output");
}

/** As `headActivations`, on tensors; `gelu` is the exact one. */
const activations: Record<HeadActivation, (x: tf.Tensor2D) => tf.Tensor2D> = {
  relu: (x) => tf.relu(x),
  gelu: (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
};

function snapshot(variables: Variables): HeadTensors {
  return new Map(
    Object.entries(variables).map(([name, variable]) => {
      const data = Float32Array.from(variable.dataSync());
      return [name, { dtype: "float32", shape: variable.shape, data }];
    }),
  );
}
