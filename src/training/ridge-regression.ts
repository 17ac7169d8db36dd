import { InputError } from "../errors";
import { dotProduct } from "../stats/dot-product";
import { type CholeskyFactor, cholesky } from "./cholesky";
import { type FeatureRows, type Standardisation, standardisation } from "./feature-rows";
import {
  combined,
  combinedMoment,
  type NormalEquations,
  type SharedEquations,
  sharedEquations,
} from "./normal-equations";

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
  options: RidgeOptions,
): RidgeFit {
  return ridgeRegressions(features, [targets], options)[0];
}

/**
 * Ridge regressions of several targets on the same features, each with a penalty of its own. Sums over
 * features and factorisations are shared; each fit is what `ridgeRegression` gives, to the last bit.
 *
 * @param targets of each, one for each of the features' rows
 * @throws InputError as `ridgeRegression`.
 */
export function ridgeRegressions(
  features: FeatureRows,
  targets: readonly Float64Array[],
  { foldOf, penalties = DEFAULT_PENALTIES }: RidgeOptions,
): RidgeFit[] {
  const standard = standardisation(features);
  const means = targets.map((of) => of.reduce((sum, target) => sum + target, 0) / of.length);
  const centred = targets.map((of, i) => of.map((target) => target - means[i]));
  const parts = foldSums(features, standard, centred, foldOf);
  const errorOf = heldOutErrors(parts, features.columns);
  const searches = targets.map((_, i) => downhill(penalties, (penalty) => errorOf(penalty)[i]));
  const total = combined(equationsOf(parts, 0));
  const fits: RidgeFit[] = [];
  for (const penalty of new Set(searches.map((search) => search.penalty))) {
    const ridge = penalty * total.n;
    const factor = cholesky(total.gram, features.columns, ridge);
    if (!factor) throw noPenalty(penalties);
    searches.forEach((search, i) => {
      if (search.penalty !== penalty) return;
      const scaled = refined(features, standard, centred[i], ridge, factor);
      const weights = scaled.map((weight, column) => weight / standard.scale[column]);
      const intercept = means[i] - dotProduct(weights, standard.mean);
      fits[i] = { weights, intercept, ...search };
    });
  }
  return fits;
}

function foldSums(
  features: FeatureRows,
  standard: Standardisation,
  centred: readonly Float64Array[],
  foldOf: Int32Array,
): SharedEquations[] {
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
    const y = centred.map((of) => Float32Array.from(indices, (index) => of[index]));
    return sharedEquations({ ...features, rows }, standard, y);
  });
}

/** The parts' equations of one target. */
function equationsOf(parts: readonly SharedEquations[], target: number): NormalEquations[] {
  return parts.map(({ n, gram, targets }) => ({ n, gram, ...targets[target] }));
}

/**
 * Held-out mean squared error of a penalty, for each target; every penalty is worked out once. (A factor
 * is forgotten when all targets have been solved with it: those of all penalties and folds fill memory.)
 */
function heldOutErrors(
  parts: readonly SharedEquations[],
  columns: number,
): (penalty: number) => Float64Array {
  const count = parts[0].targets.length;
  const rows = parts.reduce((sum, { n }) => sum + n, 0);
  const ofTargets = Array.from({ length: count }, (_, target) => equationsOf(parts, target));
  const trained = parts.map((_, fold) => combined(ofTargets[0], ofTargets[0][fold]));
  const moments = ofTargets.map((equations) =>
    equations.map((part) => combinedMoment(equations, part)),
  );
  const known = new Map<number, Float64Array>();
  return (penalty) => {
    const before = known.get(penalty);
    if (before) return before;
    const errors = new Float64Array(count);
    trained.forEach(({ gram, n }, fold) => {
      const factor = cholesky(gram, columns, penalty * n);
      for (let target = 0; target < count; target++) {
        const weights = factor?.solve(moments[target][fold]);
        errors[target] += weights
          ? squaredError(ofTargets[target][fold], weights)
          : Number.POSITIVE_INFINITY;
      }
    });
    const means = errors.map((error) => error / rows);
    known.set(penalty, means);
    return means;
  };
}

/**
 * The best of some penalties, ascending: from the one in the middle downhill, to the first that is worse.
 * (Each takes a factorisation per fold, and the error has a single valley.)
 */
function downhill(
  penalties: readonly number[],
  errorOf: (penalty: number) => number,
): Pick<RidgeFit, "penalty" | "crossValidation"> {
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
  const crossValidation = usable.map(([penalty, mse]) => ({ penalty, mse }));
  const { penalty } = crossValidation.reduce((a, b) => (b.mse < a.mse ? b : a));
  return { penalty, crossValidation };
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

function noPenalty(penalties: readonly number[]): InputError {
  return new InputError("ridge regression cannot be solved with these penalties", {
    found: penalties.join(", ") || "none",
    expected: "ascending numbers above 0, such as 0.001",
  });
}
