import { cosineSimilarity } from "./cosine-similarity";
import { finitePairs } from "./finite-values";
import { l2Norm } from "./l2-norm";
import { requireCount } from "./require-count";

/** One coordinate's share in a cosine. */
export interface CosineContribution {
  coordinate: number;
  /** The first vector there. */
  first: number;
  /** The second vector there. */
  second: number;
  /** aᵢbᵢ / (|a| |b|): the contributions of all coordinates add up to the cosine. */
  contribution: number;
}

/** A cosine taken apart. */
export interface CosineDecomposition {
  cosine: number | null;
  /** The coordinates of largest |contribution|, the largest first. */
  top: CosineContribution[];
  /** What all other coordinates contribute together. */
  rest: number | null;
  /** The cosine of the two vectors without the top coordinates; null where none is left. */
  without_top: number | null;
  /** (Σ|cᵢ|)² / Σcᵢ²: how many equal contributions would be as concentrated as these. */
  effective_coordinates: number | null;
}

/**
 * Takes a cosine apart into what each coordinate contributes: does it rest on a few coordinates or on
 * all of them?
 *
 * @param first `[d]`
 * @param second `[d]`
 * @param options `top`: how many coordinates are listed, 10 unless said otherwise
 * @returns the decomposition; an empty list and nulls when a vector is all zero
 * @throws {InputError} when the lengths differ or a value is not finite
 *
 * @example
 * cosineDecomposition([3, 0, 4], [1, 1, 1], { top: 1 }).top[0].coordinate; // 2
 */
export function cosineDecomposition(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  { top = 10 }: { top?: number } = {},
): CosineDecomposition {
  requireCount("top", top);
  const [a, b] = finitePairs(first, "first", second, "second");
  const cosine = cosineSimilarity(a, b);
  if (cosine === null) {
    return { cosine, top: [], rest: null, without_top: null, effective_coordinates: null };
  }
  const [normA, normB] = [l2Norm(a), l2Norm(b)];
  const all = a.map(
    (value, coordinate): CosineContribution => ({
      coordinate,
      first: value,
      second: b[coordinate]!,
      contribution: (value / normA) * (b[coordinate]! / normB),
    }),
  );
  const sorted = [...all].sort(
    (one, other) =>
      Math.abs(other.contribution) - Math.abs(one.contribution) ||
      one.coordinate - other.coordinate,
  );
  const others = sorted.slice(top).sort((one, other) => one.coordinate - other.coordinate);
  return {
    cosine,
    top: sorted.slice(0, top),
    rest: others.reduce((sum, { contribution }) => sum + contribution, 0),
    without_top: cosineSimilarity(
      others.map((one) => one.first),
      others.map((one) => one.second),
    ),
    effective_coordinates: effectiveNumber(all.map(({ contribution }) => contribution)),
  };
}

/** Participation ratio; null when every share is 0. */
function effectiveNumber(shares: readonly number[]): number | null {
  const sum = shares.reduce((total, share) => total + Math.abs(share), 0);
  if (sum === 0) return null;
  return 1 / shares.reduce((total, share) => total + (share / sum) ** 2, 0);
}
