import { finiteValues } from "./finite-values";
import { randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/** How to flip. */
export interface SignFlipOptions {
  /** How many random flips where not all are tried; 9,999 unless said otherwise. */
  flips?: number;
  /** Seed of the draws; 0 unless said otherwise. */
  seed?: number;
  /** Name of the random stream; "sign-flip" unless said otherwise. */
  name?: string;
}

/** A sum and how often chance signs give as large a one. */
export interface SignFlipTest {
  /** The sum of the values as they are; null without values. */
  estimate: number | null;
  /** Two-sided; null without values. */
  p_value: number | null;
  /** How many choices of signs were compared. */
  flips: number;
  /** Whether these were all there are. */
  exact: boolean;
}

/** Up to so many values every choice of signs is tried. */
const MOST_EXACT = 12;

/** Sums that differ by no more than this share are ties, added in another order. */
const TIE = 1e-12;

/**
 * Sign-flip test: if independent values were symmetric about 0, each could as well have had the other
 * sign; how often is the sum then at least as far from 0?
 *
 * With a prompt's contribution to a pooled slope as value, flipping it turns around all the prediction
 * changes of that prompt together, so that its factors stay dependent.
 *
 * Up to 12 values all choices are compared, as `scipy.stats.permutation_test` with
 * `permutation_type="samples"`; with more, p = (1 + count) / (1 + flips).
 *
 * @param values n independent numbers
 * @param options number of flips, seed, stream name
 * @returns the sum and its two-sided p-value
 * @throws {InputError} when a value is not finite or an option is out of range
 *
 * @example
 * signFlipTest([1, 2, 3]).p_value; // 0.25: the smallest that three values can give
 */
export function signFlipTest(
  values: ArrayLike<number>,
  { flips = 9999, seed = 0, name = "sign-flip" }: SignFlipOptions = {},
): SignFlipTest {
  requireCount("flips", flips);
  const own = finiteValues(values, "values");
  const stream = randomStream(seed, name);
  const exact = own.length <= MOST_EXACT;
  if (own.length === 0) return { estimate: null, p_value: null, flips: 0, exact };
  const estimate = own.reduce((sum, value) => sum + value, 0);
  const size = own.reduce((sum, value) => sum + Math.abs(value), 0);
  const limit = Math.abs(estimate) - TIE * size;
  const choices = exact ? 2 ** own.length : flips;
  let count = 0;
  for (let choice = 0; choice < choices; choice++) {
    const isFlipped = (i: number) => (exact ? ((choice >> i) & 1) === 1 : stream.uniform() < 0.5);
    const sum = own.reduce((total, value, i) => total + (isFlipped(i) ? -value : value), 0);
    if (Math.abs(sum) >= limit) count++;
  }
  const p_value = exact ? count / choices : (1 + count) / (1 + choices);
  return { estimate, p_value, flips: choices, exact };
}
