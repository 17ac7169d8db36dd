import { InputError } from "../errors";
import type { HeadActivation } from "../heads/head-config";
import type { Progress } from "../progress/progress";
import type { ProgressBarOptions } from "../progress/progress-bar";
import type { Binning } from "./bin-edges";
import type { HeadShape } from "./fit-head";
import { DEFAULT_GRADIENT_SETTINGS, type GradientSettings } from "./train-by-gradient";

/** One head. */
export interface TrainHeadOptions extends TrainingOptions {
  /** The coordinate of the activation; the best of a scan if not given. */
  readonly neuron?: number;
}

/** Heads for several neurons. */
export interface TrainHeadsOptions extends TrainingOptions {
  /** Coordinates of the activation. */
  readonly neurons?: readonly number[];
  /** So many of those that a scan ranks first, where no neurons are given. */
  readonly top?: number;
}

/** How heads are trained. */
export interface TrainingOptions {
  /** The block whose activation is predicted; negative counts from the end. */
  readonly layer: number;
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

/**
 * The head that the options ask for, with every default filled in.
 *
 * @throws InputError if an option cannot be used.
 */
export function headShape(options: TrainingOptions): HeadShape {
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
