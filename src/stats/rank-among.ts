import { finiteValues } from "./finite-values";

/** A value's place among others of its kind, by magnitude. */
export interface RankAmong {
  /** 1 for the largest magnitude; equals count as larger. null when the value does not exist. */
  rank: number | null;
  /** How many are ranked, the value among them. */
  of: number;
  /** Share of the others that are smaller, in per cent, equals by half; null without others. */
  percentile: number | null;
  /** rank / of: how often one drawn from them all is at least as large; null without others. */
  p_value: number | null;
}

/**
 * Where |value| stands among the |others|: the test against "just another one of these".
 *
 * If the value is exchangeable with the others, its rank is uniform, and rank / of is the exact
 * two-sided p-value. The percentile is that of `scipy.stats.percentileofscore(kind="mean")`.
 *
 * @param value the value, or null when it does not exist
 * @param others the others, without the value itself; null where one does not exist, not counted
 * @returns rank, number ranked, percentile and p-value
 * @throws {InputError} when a number is not finite
 *
 * @example
 * rankAmong(-0.9, [0.1, 0.5, 0.95]); // { rank: 2, of: 4, percentile: 66.66…, p_value: 0.5 }
 */
export function rankAmong(value: number | null, others: readonly (number | null)[]): RankAmong {
  const sizes = finiteValues(
    others.filter((other) => other !== null),
    "others",
  ).map(Math.abs);
  const of = sizes.length + 1;
  if (value === null) return { rank: null, of: sizes.length, percentile: null, p_value: null };
  const size = Math.abs(finiteValues([value], "value")[0]!);
  const larger = sizes.filter((other) => other > size).length;
  const equal = sizes.filter((other) => other === size).length;
  const rank = 1 + larger + equal;
  if (sizes.length === 0) return { rank, of, percentile: null, p_value: null };
  const smaller = sizes.length - larger - equal;
  return { rank, of, percentile: (100 * (smaller + equal / 2)) / sizes.length, p_value: rank / of };
}
