import { InputError } from "../errors";
import { finiteValues } from "./finite-values";
import { l2Norm } from "./l2-norm";

/** Several vectors as one: their mean, and how far they agree. */
export interface MeanVector {
  /** `[d]` */
  mean: number[];
  /** `[d]` population standard deviation of each coordinate over the vectors. */
  std: number[];
  /** Length of the mean. */
  mean_norm: number;
  /** `[k]` length of each vector. */
  norms: number[];
  /** |mean|² / mean of |v|²: 1 when all are the same, near 1/k when they point anywhere; null for zeros. */
  coherence: number | null;
}

/**
 * The mean of several vectors and their spread about it.
 *
 * @param rows `[k][d]`, k ≥ 1, d ≥ 1
 * @returns mean, standard deviations, lengths and coherence
 * @throws {InputError} when there is no row, lengths differ or a value is not finite
 *
 * @example
 * meanVector([[1, 0], [0, 1]]).coherence; // 0.5
 */
export function meanVector(rows: readonly ArrayLike<number>[]): MeanVector {
  const vectors = rows.map((row, i) => finiteValues(row, `rows[${i}]`));
  const d = vectors[0]?.length ?? 0;
  const odd = vectors.findIndex((vector) => vector.length !== d);
  if (d === 0 || odd >= 0) {
    throw new InputError("these are not vectors of one length", {
      found: odd >= 0 ? `rows[${odd}] has ${vectors[odd]!.length} values` : "no numbers",
      expected: odd >= 0 ? `${d}, as rows[0] has` : "at least one vector",
    });
  }
  const k = vectors.length;
  const mean = Array.from({ length: d }, (_, j) => {
    const sum = vectors.reduce((total, vector) => total + vector[j]!, 0) / k;
    // Once more over what is left: a large common offset costs no digits.
    return sum + vectors.reduce((total, vector) => total + (vector[j]! - sum), 0) / k;
  });
  const std = mean.map((average, j) =>
    Math.sqrt(vectors.reduce((total, vector) => total + (vector[j]! - average) ** 2, 0) / k),
  );
  const norms = vectors.map((vector) => l2Norm(vector));
  const mean_norm = l2Norm(mean);
  const largest = Math.max(...norms);
  if (largest === 0) return { mean, std, mean_norm, norms, coherence: null };
  const meanSquare = norms.reduce((sum, norm) => sum + (norm / largest) ** 2, 0) / k;
  return { mean, std, mean_norm, norms, coherence: (mean_norm / largest) ** 2 / meanSquare };
}
