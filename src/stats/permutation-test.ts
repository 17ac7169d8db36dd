import { InputError } from "../errors";
import { finiteValues } from "./finite-values";
import { type RandomStream, randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/** How to permute. */
export interface PermutationOptions {
  /** How often; 9,999 unless said otherwise. */
  permutations?: number;
  /** `[n]` a label for each value: values are exchanged only with values of the same label. */
  within?: readonly (string | number)[];
  /** Seed of the draws; 0 unless said otherwise. */
  seed?: number;
  /** Name of the random stream; "permutation" unless said otherwise. */
  name?: string;
}

/** A statistic and how often chance does as much. */
export interface PermutationTest {
  /** The statistic of the values in their own order; null when it does not exist. */
  estimate: number | null;
  /** Two-sided: share of orders whose statistic is at least as far from 0; null when none exists. */
  p_value: number | null;
  permutations: number;
  seed: number;
}

/** Statistics that differ by no more than this share are ties, computed in another order. */
const TIE = 1e-12;

/**
 * Permutation test: how often a statistic is at least as far from 0 when the values are shuffled, that
 * is, when what they are paired with does not matter.
 *
 * p = (1 + count) / (1 + permutations), the observed order counted among the permuted ones, which
 * keeps the test exact and p above 0. An order in which the statistic does not exist counts as at
 * least as far, which can only make p larger.
 *
 * Phipson and Smyth, Permutation p-values should never be zero, 2010.
 *
 * @param values `[n]` what is shuffled, such as prediction changes
 * @param statistic from values in some order to a number, or null where it does not exist
 * @param options number of permutations, labels to shuffle within, seed, stream name
 * @returns the statistic and its two-sided p-value
 * @throws {InputError} when a value or its statistic is not finite, or an option is out of range
 *
 * @example
 * const x = [0, 1, 2, 0, 1, 2];
 * const y = [0, 2, 4, 1, 2, 3];
 * const promptOfPoint = [0, 0, 0, 1, 1, 1];
 * permutationTest(y, (shuffled) => linearRegression(x, shuffled).slope, { within: promptOfPoint });
 */
export function permutationTest(
  values: ArrayLike<number>,
  statistic: (values: readonly number[]) => number | null,
  { permutations = 9999, within, seed = 0, name = "permutation" }: PermutationOptions = {},
): PermutationTest {
  const own = finiteValues(values, "values");
  requireCount("permutations", permutations);
  if (within !== undefined && within.length !== own.length) {
    throw new InputError("within must have one label for each value", {
      found: `${within.length} labels`,
      expected: `${own.length}`,
    });
  }
  const stream = randomStream(seed, name);
  const estimate = statistic(own);
  if (estimate === null) return { estimate, p_value: null, permutations, seed };

  const places = placesByLabel(within ?? own.map(() => 0));
  const limit = Math.abs(estimate) * (1 - TIE);
  finiteValues([estimate], "statistic");
  let count = 0;
  for (let i = 0; i < permutations; i++) {
    const value = statistic(shuffledWithin(own, places, stream));
    if (value === null || !(Math.abs(value) < limit)) count++;
  }
  return { estimate, p_value: (1 + count) / (1 + permutations), permutations, seed };
}

function placesByLabel(labels: readonly (string | number)[]): number[][] {
  const places = new Map<string | number, number[]>();
  labels.forEach((label, place) => {
    const list = places.get(label) ?? [];
    places.set(label, [...list, place]);
  });
  return [...places.values()];
}

function shuffledWithin(own: readonly number[], places: number[][], stream: RandomStream) {
  const shuffled = [...own];
  for (const list of places) {
    stream.shuffle(list).forEach((from, i) => {
      shuffled[list[i]!] = own[from]!;
    });
  }
  return shuffled;
}
