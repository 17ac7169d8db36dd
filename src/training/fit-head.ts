import type { ClassificationConfig, HeadActivation, HiddenLayerConfig } from "../heads/head-config";
import type { Progress } from "../progress/progress";
import { type Binning, balancedClassWeights, binEdges, binOf } from "./bin-edges";
import { type FeatureRows, type Standardisation, standardisation } from "./feature-rows";
import type { HeadConfigJson } from "./head-config-json";
import { type RidgeFit, ridgeRegressions } from "./ridge-regression";
import {
  type EpochMetrics,
  type GradientSettings,
  type HeadTensors,
  type LearningCurves,
  type Objective,
  trainByGradient,
} from "./train-by-gradient";
import { type OutputUnits, SAME_UNITS, unstandardised } from "./unstandardised";

/** Which head to fit, with every choice made. */
export interface HeadShape {
  readonly headType: "regression" | "classification" | "token";
  /** null: the output reads the features. */
  readonly hiddenDim: number | null;
  readonly activation: HeadActivation;
  readonly dropout: number;
  /** null counts as 1. */
  readonly outputScale: number | null;
  readonly numBins: number;
  readonly binning: Binning;
  readonly classWeights: "balanced" | null;
  readonly penalties: readonly number[] | undefined;
  readonly gradient: GradientSettings;
}

/** What there is to learn from. */
export interface HeadData {
  /** Every row's features; its own `rows` is not looked at. */
  readonly features: FeatureRows;
  readonly train: readonly number[];
  readonly validation: readonly number[];
  /** The fold of each training row. */
  readonly foldOf: Int32Array;
  readonly seed: number;
  readonly progress: (label: string, total: number) => Progress;
}

interface OneHeadData extends HeadData {
  /** Every row's target. */
  readonly targets: Float64Array;
}

/** A head that has learnt. */
export interface FittedHead {
  readonly best: HeadTensors;
  readonly final: HeadTensors;
  readonly headConfig: HeadConfigJson["head_config"];
  readonly binEdges: readonly number[] | null;
  /** Empty for a head that is solved in closed form, or has nothing to learn. */
  readonly curves: LearningCurves;
  readonly bestEpoch: number | null;
  readonly ridge: Pick<RidgeFit, "penalty" | "crossValidation"> | null;
}

const NO_CURVES: LearningCurves = {
  train_loss: [],
  val_loss: [],
  train_metrics: [],
  val_metrics: [],
  learning_rate: [],
};

/**
 * Fits heads on the same features: linear regressions in closed form, anything else by gradient descent,
 * token heads not at all. What is solved in closed form shares its sums and factorisations; each head is
 * what it would be alone, to the last bit.
 *
 * @param targets every row's, for each head
 * @param digitTokens the ids of "0" to "9"; only a token head needs them
 * @returns the heads in the same order, each as soon as it is done
 */
export async function* fitHeads(
  shape: HeadShape,
  data: HeadData,
  targets: readonly Float64Array[],
  digitTokens: readonly number[] | null,
): AsyncGenerator<FittedHead> {
  if (shape.headType === "regression" && shape.hiddenDim === null) {
    yield* fitLinear(shape, data, targets);
    return;
  }
  for (const ofHead of targets) {
    yield await fitHead(shape, { ...data, targets: ofHead }, digitTokens);
  }
}

async function fitHead(
  shape: HeadShape,
  data: OneHeadData,
  digitTokens: readonly number[] | null,
): Promise<FittedHead> {
  const inputDim = data.features.columns;
  if (shape.headType === "token") {
    const headConfig = {
      class_name: "TokenPredictionHead",
      input_dim: inputDim,
      dropout: shape.dropout,
      digit_tokens: digitTokens!,
    } as const;
    return { ...untrained(), headConfig };
  }
  return shape.headType === "classification"
    ? fitClassification(shape, data)
    : fitRegression(shape, data);
}

function untrained(): Omit<FittedHead, "headConfig"> {
  const none: HeadTensors = new Map();
  return {
    best: none,
    final: none,
    binEdges: null,
    curves: NO_CURVES,
    bestEpoch: null,
    ridge: null,
  };
}

function fitLinear(
  shape: HeadShape,
  data: HeadData,
  targets: readonly Float64Array[],
): FittedHead[] {
  const rows = { ...data.features, rows: data.train };
  const learnt = targets.map((of) => Float64Array.from(data.train, (row) => of[row]));
  const { foldOf } = data;
  const fits = ridgeRegressions(rows, learnt, { foldOf, penalties: shape.penalties });
  const scale = shape.outputScale ?? 1;
  return fits.map(({ weights, intercept, penalty, crossValidation }) => {
    const weight = Float32Array.from(weights, (value) => value / scale);
    const bias = Float32Array.of(intercept / scale);
    const tensors: HeadTensors = new Map([
      ["output.weight", { dtype: "float32", shape: [1, rows.columns], data: weight }],
      ["output.bias", { dtype: "float32", shape: [1], data: bias }],
    ]);
    return {
      ...untrained(),
      best: tensors,
      final: tensors,
      headConfig: regressionConfig(shape, rows.columns),
      ridge: { penalty, crossValidation },
    };
  });
}

async function fitRegression(shape: HeadShape, data: OneHeadData): Promise<FittedHead> {
  const { mean, deviation } = moments(data.train.map((row) => data.targets[row]));
  const scaled = data.targets.map((target) => (target - mean) / deviation);
  const { result, standard } = await descend(shape, data, scaled, { kind: "regression" });
  const units = { mean, scale: deviation, outputScale: shape.outputScale ?? 1 };
  const inUnits = (loss: number) => loss * deviation ** 2;
  const metricsInUnits = (metrics: EpochMetrics) =>
    "mse" in metrics
      ? { ...metrics, mse: inUnits(metrics.mse), mae: metrics.mae * deviation }
      : metrics;
  const { train_loss, val_loss, train_metrics, val_metrics, learning_rate } = result.curves;
  return {
    ...finished(result, standard, units),
    headConfig: regressionConfig(shape, data.features.columns),
    binEdges: null,
    // In the activation's units squared, not the standardised target's.
    curves: {
      train_loss: train_loss.map(inUnits),
      val_loss: val_loss.map(inUnits),
      train_metrics: train_metrics.map(metricsInUnits),
      val_metrics: val_metrics.map(metricsInUnits),
      learning_rate,
    },
  };
}

async function fitClassification(shape: HeadShape, data: OneHeadData): Promise<FittedHead> {
  const known = data.train.map((row) => data.targets[row]);
  const edges = binEdges(known, { bins: shape.numBins, binning: shape.binning });
  const labels = data.targets.map((target) => binOf(target, edges));
  const classWeights: ClassificationConfig["classWeights"] =
    shape.classWeights === "balanced"
      ? balancedClassWeights(
          data.train.map((row) => labels[row]),
          shape.numBins,
        )
      : null;
  const objective = { kind: "classification", classes: shape.numBins, classWeights } as const;
  const { result, standard } = await descend(shape, data, labels, objective);
  return {
    ...finished(result, standard, SAME_UNITS),
    headConfig: {
      class_name: "ClassificationHead",
      input_dim: data.features.columns,
      dropout: shape.dropout,
      num_classes: shape.numBins,
      hidden_dim: shape.hiddenDim,
      activation: shape.activation,
      class_weights: classWeights,
    },
    binEdges: edges,
    curves: result.curves,
  };
}

type GradientResult = Awaited<ReturnType<typeof trainByGradient>>;

async function descend(
  shape: HeadShape,
  data: HeadData,
  targets: Float64Array,
  objective: Objective,
): Promise<{ result: GradientResult; standard: Standardisation }> {
  const labelled = (rows: readonly number[]) => ({
    features: { ...data.features, rows },
    targets: rows.map((row) => targets[row]),
  });
  const standard = standardisation({ ...data.features, rows: data.train });
  const result = await trainByGradient({
    train: labelled(data.train),
    validation: labelled(data.validation),
    standard,
    objective,
    hidden: hiddenLayer(shape),
    dropout: shape.dropout,
    settings: shape.gradient,
    seed: data.seed,
    progress: (total) => data.progress("Training", total),
  });
  return { result, standard };
}

function hiddenLayer({ hiddenDim, activation }: HeadShape): HiddenLayerConfig | null {
  return hiddenDim === null ? null : { dim: hiddenDim, activation };
}

function finished(result: GradientResult, standard: Standardisation, units: OutputUnits) {
  return {
    best: unstandardised(result.best, standard, units),
    final: unstandardised(result.final, standard, units),
    bestEpoch: result.bestEpoch,
    ridge: null,
  };
}

function regressionConfig(shape: HeadShape, inputDim: number): HeadConfigJson["head_config"] {
  return {
    class_name: "RegressionHead",
    input_dim: inputDim,
    dropout: shape.dropout,
    hidden_dim: shape.hiddenDim,
    activation: shape.activation,
    output_scale: shape.outputScale,
  };
}

/** Mean and population standard deviation. */
export function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
