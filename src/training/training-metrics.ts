import * as tf from "@tensorflow/tfjs-core";
import type { BoundHead } from "../heads/bind-head";
import { predictFromFeatures } from "../heads/prediction";
import { unembed } from "../model/forward";
import type { Baselines } from "./baselines";
import { binOf } from "./bin-edges";
import { classProbabilities } from "./class-probabilities";
import {
  type ClassMetrics,
  classMetrics,
  type RegressionMetrics,
  regressionMetrics,
} from "./evaluation";
import { type FeatureRows, rowViews } from "./feature-rows";
import type { HeadShape } from "./fit-head";
import type { NeuronStatistics } from "./scan-neurons";
import type { EpochMetrics } from "./train-by-gradient";

/** Metrics of one part of the split; class metrics for classification heads with bins. */
export type HeadMetrics = RegressionMetrics & Partial<ClassMetrics>;

/**
 * `training_metrics.json`. The first seven keys are those of the Python pipeline's trainer, a list
 * item an epoch; a head solved in closed form has one epoch, one with nothing to learn none.
 */
export interface TrainingMetrics {
  /** Mean squared error, or cross-entropy in nats. */
  readonly train_loss: readonly number[];
  readonly val_loss: readonly number[];
  readonly train_metrics: readonly EpochMetrics[];
  readonly val_metrics: readonly EpochMetrics[];
  readonly best_val_loss: number | null;
  /** From 1; −1 without epochs. */
  readonly best_epoch: number;
  /** Seconds in the Python pipeline; null here, since the same run is to give the same file. */
  readonly train_time: null;
  readonly learning_rate: readonly number[];
  /** Metrics of `best_model` on the texts it learnt from and was chosen by. */
  readonly best_model_metrics: { readonly train: HeadMetrics; readonly validation: HeadMetrics };
  /** Metrics of `best_model` on the test texts. */
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

/**
 * Compares a head's predictions with its targets.
 *
 * @param features the rows to predict; for a token head the residual stream after the last block
 * @param targets every row's target
 */
export function headMetrics(
  head: BoundHead,
  features: FeatureRows,
  targets: Float64Array,
): HeadMetrics {
  const wanted = features.rows.map((row) => targets[row]);
  const metrics = regressionMetrics(predictions(head, features), wanted);
  const { config, tensors } = head.files;
  const { binEdges: edges } = config;
  if (config.headType !== "classification" || !edges) return metrics;
  const probabilities = classProbabilities(tensors, config.head.hidden, features);
  const labels = wanted.map((value) => binOf(value, edges));
  return { ...metrics, ...classMetrics(probabilities, labels) };
}

/** Rows whose logits are computed at once. */
const ROWS_OF_LOGITS = 256;

/** A head's prediction for each of `features.rows`. */
export function predictions(head: BoundHead, features: FeatureRows): number[] {
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
