/** One line of `npm run bench -- --json`. */
export interface Measurement {
  readonly name: string;
  /** The median of the runs. */
  readonly ratio: number;
  /** Largest less smallest of the runs. */
  readonly spread: number;
  readonly unit: string;
  readonly compared_with: string;
}

/** What was measured in several runs, in one number and how far they lie apart. */
export function measurement(
  name: string,
  ratios: readonly number[],
  unit: string,
  compared_with: string,
): Measurement {
  const sorted = [...ratios].sort((a, b) => a - b);
  const rounded = (value: number) => Number(value.toPrecision(4));
  return {
    name,
    ratio: rounded(sorted[Math.floor(sorted.length / 2)]),
    spread: rounded(sorted[sorted.length - 1] - sorted[0]),
    unit,
    compared_with,
  };
}

/** Seconds that `run` takes. */
export async function seconds(run: () => unknown): Promise<number> {
  const started = performance.now();
  await run();
  return (performance.now() - started) / 1000;
}
