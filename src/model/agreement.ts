/** One comparison of numbers that have to agree. */
export interface Check {
  readonly name: string;
  /** The largest difference, relative to the largest magnitude of what is expected. */
  readonly worst: number;
  /** The most that `worst` may be; 0 means bit for bit. */
  readonly tolerance: number;
  readonly ok: boolean;
}

/** Numbers and those that they should be. */
export type Pair = readonly [actual: ArrayLike<number>, expected: ArrayLike<number>];

/** float32 sums in another order differ by less, a wrong rule by more. */
export const TOLERANCE = 1e-4;

/** A check over several tensors; each is measured by its own largest magnitude. */
export function agreement(name: string, pairs: Iterable<Pair>, tolerance = TOLERANCE): Check {
  let worst = 0;
  for (const pair of pairs) worst = Math.max(worst, relativeDifference(pair));
  return { name, worst, tolerance, ok: worst <= tolerance };
}

/** Largest difference over largest finite magnitude; equal infinities agree, and what is not a number is off by all. */
function relativeDifference([actual, expected]: Pair): number {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]));
    if (actual[i] === expected[i]) continue;
    const off = Math.abs(actual[i] - expected[i]);
    if (!Number.isFinite(off)) return Number.MAX_VALUE;
    difference = Math.max(difference, off);
  }
  if (difference === 0) return 0;
  return largest === 0 ? Number.MAX_VALUE : difference / largest;
}
