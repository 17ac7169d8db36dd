import { InputError } from "../errors";
import { quantile } from "./quantile";
import { randomStream } from "./random-stream";
import { requireCount } from "./require-count";

/** How to resample. */
export interface BootstrapOptions {
  /** How often; 2,000 unless said otherwise. */
  resamples?: number;
  /** Share of the resampled statistics inside the interval; 0.95 unless said otherwise. */
  confidence?: number;
  /** Seed of the draws; 0 unless said otherwise. */
  seed?: number;
  /** Name of the random stream; "bootstrap" unless said otherwise. */
  name?: string;
}

/** A statistic with its uncertainty. */
export interface BootstrapInterval {
  /** The statistic of the data themselves; null when it does not exist. */
  estimate: number | null;
  /** Lower end of the interval; null with fewer than two groups, or when too few statistics exist. */
  low: number | null;
  high: number | null;
  confidence: number;
  /** How many resamples were drawn. */
  resamples: number;
  /** In how many of them the statistic existed (a slope does not where all x are equal). */
  usable: number;
  seed: number;
}

/** An interval is only given when the statistic exists in at least this share of the resamples. */
const USABLE_SHARE = 0.9;

/**
 * Percentile bootstrap over groups: draws as many groups as there are, with replacement, computes the
 * statistic, and again; the interval holds the middle share of what came out.
 *
 * Give what is independent as one group. The five scale factors of one prompt are not independent, so
 * a prompt with all its factors is one group; drawing single points would pretend to five times the
 * evidence. With few groups (fewer than about ten) percentile intervals are too narrow.
 *
 * https://en.wikipedia.org/wiki/Bootstrapping_(statistics)
 *
 * @param groups the independent units
 * @param statistic from units to a number, or null where it does not exist
 * @param options number of resamples, confidence, seed, stream name
 * @returns the estimate and the ends of the interval
 * @throws {InputError} when an option is out of range, or the statistic is not finite in a resample
 *
 * @example
 * const groups = [{ x: [0, 1], y: [0, 2] }, { x: [0, 1], y: [1, 2] }, { x: [0, 2], y: [0, 3] }];
 * bootstrapInterval(groups, (drawn) =>
 *   linearRegression(drawn.flatMap(({ x }) => x), drawn.flatMap(({ y }) => y)).slope,
 * );
 */
export function bootstrapInterval<T>(
  groups: readonly T[],
  statistic: (drawn: readonly T[]) => number | null,
  { resamples = 2000, confidence = 0.95, seed = 0, name = "bootstrap" }: BootstrapOptions = {},
): BootstrapInterval {
  requireCount("resamples", resamples);
  if (!(confidence > 0 && confidence < 1)) {
    throw new InputError("confidence is out of range", {
      found: String(confidence),
      expected: "a number between 0 and 1",
    });
  }
  const stream = randomStream(seed, name);
  const estimate = groups.length > 0 ? statistic(groups) : null;
  const described = { estimate, confidence, resamples, seed };
  if (groups.length < 2) return { ...described, low: null, high: null, usable: 0 };

  const values: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const drawn = groups.map(() => groups[stream.integer(0, groups.length - 1)]!);
    const value = statistic(drawn);
    if (value !== null) values.push(value);
  }
  const usable = values.length;
  if (usable < USABLE_SHARE * resamples) return { ...described, low: null, high: null, usable };
  const tail = (1 - confidence) / 2;
  return { ...described, low: quantile(values, tail), high: quantile(values, 1 - tail), usable };
}
