import { InputError } from "../errors";
import { type CholeskyFactor, cholesky } from "./cholesky";
import { type FeatureRows, type Standardisation, standardisation } from "./feature-rows";
import { combined, type NormalEquations, normalEquations } from "./normal-equations";

/** Penalties that are tried, per row and on standardised features. */
export const DEFAULT_PENALTIES: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

export interface RidgeOptions {
  /** The fold of each of `features.rows`, from 0; see `foldsByText`. */
  readonly foldOf: Int32Array;
  /** Penalties to choose from, ascending. */
  readonly penalties?: readonly number[];
}

/** A linear fit: prediction = weights · features + intercept. */
export interface RidgeFit {
  /** `[d]`, in units of the target per unit of the feature. */
  readonly weights: Float64Array;
  readonly intercept: number;
  /** The penalty that was chosen. */
  readonly penalty: number;
  /** Mean squared error over the held-out folds, of the penalties that were tried. */
  readonly crossValidation: readonly { readonly penalty: number; readonly mse: number }[];
}

/**
 * Ridge regression, solved exactly: it minimises Σ (y − w·z − c)² + n·λ·|w|² over features z that are
 * standardised (mean 0, standard deviation 1), with λ chosen by cross-validation.
 *
 * The normal equations are summed by the tensor engine in float32 and factored by Cholesky's method
 * in float64, which is exact enough to choose λ; the solution is then refined on the features
 * themselves in float64 until it is exact to rounding. 100,000 × 768 features take seconds.
 *
 * https://en.wikipedia.org/wiki/Ridge_regression
 *
 * @param features the rows to learn from
 * @param targets one for each of them
 * @throws InputError if there are fewer than two folds, or no penalty can be used.
 */
export function ridgeRegression(
  features: FeatureRows,
  targets: Float64Array,
  { foldOf, penalties = DEFAULT_PENALTIES }: RidgeOptions,
): RidgeFit {
  const standard = standardisation(features);
  const targetMean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
  const centred = targets.map((target) => target - targetMean);
  const parts = foldSums(features, standard, centred, foldOf);
  const crossValidation = heldOutErrors(parts, features.columns, penalties);
  const { penalty } = crossValidation.reduce((best, next) => (next.mse < best.mse ? next : best));
  const total = combined(parts);
  const factor = cholesky(total.gram, features.columns, penalty * total.n);
  if (!factor) throw noPenalty(penalties);
  const scaled = refined(features, standard, centred, penalty * total.n, factor);
  const weights = scaled.map((weight, i) => weight / standard.scale[i]);
  const intercept = targetMean - dotProduct(weights, standard.mean);
  return { weights, intercept, penalty, crossValidation };
}

function foldSums(
  features: FeatureRows,
  standard: Standardisation,
  centred: Float64Array,
  foldOf: Int32Array,
): NormalEquations[] {
  const members = new Map<number, number[]>();
  foldOf.forEach((fold, index) => {
    const list = members.get(fold);
    if (list) list.push(index);
    else members.set(fold, [index]);
  });
  if (members.size < 2) {
    throw new InputError("cross-validation needs at least two folds", {
      found: String(members.size),
    });
  }
  return [...members.values()].map((indices) => {
    const rows = indices.map((index) => features.rows[index]);
    const y = Float32Array.from(indices, (index) => centred[index]);
    return normalEquations({ ...features, rows }, standard, y, 1);
  });
}

/**
 * Held-out mean squared error of penalties, ascending: from the one in the middle downhill, to the
 * first that is worse. (Each takes a factorisation per fold, and the error has a single valley.)
 */
function heldOutErrors(
  parts: readonly NormalEquations[],
  columns: number,
  penalties: readonly number[],
): { penalty: number; mse: number }[] {
  const trained = parts.map((part) => combined(parts, part));
  const rows = parts.reduce((sum, { n }) => sum + n, 0);
  const errorOf = (penalty: number) => {
    const errors = parts.map((part, fold) => {
      const { gram, moment, n } = trained[fold];
      const weights = cholesky(gram, columns, penalty * n)?.solve(moment);
      return weights ? squaredError(part, weights) : Number.POSITIVE_INFINITY;
    });
    return errors.reduce((sum, error) => sum + error, 0) / rows;
  };
  const middle = Math.floor(penalties.length / 2);
  const tried = new Map<number, number>();
  const walk = (from: number, step: 1 | -1) => {
    for (let i = from; i >= 0 && i < penalties.length; i += step) {
      const mse = errorOf(penalties[i]);
      tried.set(penalties[i], mse);
      if (i !== middle && !(mse < tried.get(penalties[i - step])!)) return;
    }
  };
  walk(middle, -1);
  const best = [...tried].reduce((a, b) => (b[1] < a[1] ? b : a), [Number.NaN, Infinity]);
  if (!(best[0] < penalties[middle])) walk(middle + 1, 1);
  const usable = [...tried].filter(([, mse]) => Number.isFinite(mse)).sort(([a], [b]) => a - b);
  if (usable.length === 0) throw noPenalty(penalties);
  return usable.map(([penalty, mse]) => ({ penalty, mse }));
}

/** Σ (y − w·x)² from the sums alone: yᵀy − 2 w·Xᵀy + wᵀXᵀX w. */
function squaredError({ gram, moment, squares }: NormalEquations, weights: Float64Array): number {
  const d = weights.length;
  let quadratic = 0;
  for (let row = 0; row < d; row++) {
    let sum = 0;
    for (let column = 0; column < d; column++) sum += gram[row * d + column] * weights[column];
    quadratic += weights[row] * sum;
  }
  return squares[0] - 2 * dotProduct(weights, moment) + quadratic;
}

const MOST_REFINEMENTS = 30;

/** The residual's size, relative to the right-hand side's, at which the solution counts as exact. */
const EXACT = 1e-13;

/**
 * Solves (XᵀX + r·I) w = Xᵀy in float64 by conjugate gradients on the features themselves, with the
 * nearly exact factor as preconditioner: a handful of steps.
 *
 * https://en.wikipedia.org/wiki/Conjugate_gradient_method#The_preconditioned_conjugate_gradient_method
 */
function refined(
  features: FeatureRows,
  standard: Standardisation,
  centred: Float64Array,
  ridge: number,
  factor: CholeskyFactor,
): Float64Array {
  const rightSide = timesTransposed(features, standard, centred);
  const solution = new Float64Array(features.columns);
  const residual = Float64Array.from(rightSide);
  let step = factor.solve(residual);
  let direction = Float64Array.from(step);
  let progress = dotProduct(residual, step);
  const enough = EXACT * Math.sqrt(dotProduct(rightSide, rightSide));
  for (let turn = 0; turn < MOST_REFINEMENTS; turn++) {
    if (Math.sqrt(dotProduct(residual, residual)) <= enough) break;
    const image = timesGram(features, standard, direction);
    for (let i = 0; i < image.length; i++) image[i] += ridge * direction[i];
    const length = progress / dotProduct(direction, image);
    for (let i = 0; i < solution.length; i++) {
      solution[i] += length * direction[i];
      residual[i] -= length * image[i];
    }
    step = factor.solve(residual);
    const next = dotProduct(residual, step);
    const share = next / progress;
    direction = direction.map((value, i) => step[i] + share * value);
    progress = next;
  }
  return solution;
}

/** XᵀX w for standardised features X, in one pass over them. */
function timesGram(
  { data, columns, rows }: FeatureRows,
  { mean, scale }: Standardisation,
  weights: Float64Array,
): Float64Array {
  const raw = weights.map((weight, i) => weight / scale[i]);
  const offset = dotProduct(raw, mean);
  const sums = new Float64Array(columns);
  let total = 0;
  for (const row of rows) {
    const start = row * columns;
    let value = -offset;
    for (let i = 0; i < columns; i++) value += data[start + i] * raw[i];
    total += value;
    for (let i = 0; i < columns; i++) sums[i] += data[start + i] * value;
  }
  return sums.map((sum, i) => (sum - mean[i] * total) / scale[i]);
}

/** Xᵀ v for standardised features X. */
function timesTransposed(
  { data, columns, rows }: FeatureRows,
  { mean, scale }: Standardisation,
  values: Float64Array,
): Float64Array {
  const sums = new Float64Array(columns);
  let total = 0;
  rows.forEach((row, index) => {
    const value = values[index];
    total += value;
    for (let i = 0, at = row * columns; i < columns; i++, at++) sums[i] += data[at] * value;
  });
  return sums.map((sum, i) => (sum - mean[i] * total) / scale[i]);
}

function dotProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function noPenalty(penalties: readonly number[]): InputError {
  return new InputError("ridge regression cannot be solved with these penalties", {
    found: penalties.join(", ") || "none",
    expected: "ascending numbers above 0, such as 0.001",
  });
}
