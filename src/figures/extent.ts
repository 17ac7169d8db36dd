/** Smallest and largest of some numbers. */
export function extent(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** An axis's range around an extent, with a little air at both ends. */
export function padded([low, high]: readonly [number, number]): [number, number] {
  const pad = (high - low) * 0.06 || Math.abs(low) * 0.5 || 1;
  return [low - pad, high + pad];
}
