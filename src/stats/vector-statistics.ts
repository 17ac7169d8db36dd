import { max, mean, min, standardDeviation } from "simple-statistics";
import { InputError } from "../errors";
import { finiteValues } from "./finite-values";
import { l2Norm } from "./l2-norm";

/** A weight smaller than this counts as zero in `sparsity`. */
export const SPARSITY_THRESHOLD = 1e-5;

/** The six numbers that describe one weight vector, under their names in result files. */
export interface VectorStatistics {
  mean: number;
  /** Population standard deviation (divided by n), as `numpy.std`. */
  std: number;
  min: number;
  max: number;
  /** Euclidean length. */
  l2_norm: number;
  /** Share of entries with |w| < 1e-5, from 0 to 1. */
  sparsity: number;
}

/**
 * Mean, population standard deviation, minimum, maximum, Euclidean length and sparsity of a vector.
 *
 * @param vector `[d]`, at least one number
 * @returns the statistics
 * @throws {InputError} when the vector is empty or a value is not finite
 *
 * @example
 * vectorStatistics([3, 0, -4, 1]);
 * // { mean: 0, std: 2.5495…, min: -4, max: 3, l2_norm: 5.0990…, sparsity: 0.25 }
 */
export function vectorStatistics(vector: ArrayLike<number>): VectorStatistics {
  const values = finiteValues(vector, "vector");
  if (values.length === 0) {
    throw new InputError("an empty vector has no statistics", { expected: "at least one number" });
  }
  const nearZero = values.filter((value) => Math.abs(value) < SPARSITY_THRESHOLD).length;
  return {
    mean: mean(values),
    std: standardDeviation(values),
    min: min(values),
    max: max(values),
    l2_norm: l2Norm(values),
    sparsity: nearZero / values.length,
  };
}
