import type { RandomStream } from "../../src/stats/random-stream";

/** A draw of mean 0 and variance 1. */
export type Noise = (stream: RandomStream) => number;

const OUTLIER = { share: 0.1, factor: 5 } as const;
const OUTLIER_VARIANCE = 1 - OUTLIER.share + OUTLIER.share * OUTLIER.factor ** 2;
const LOG_SIGMA = 0.5;

/** How values scatter, by the names in the table. */
export const NOISE = {
  normal: (stream) => stream.gaussian(),
  /** Student's t with 3 degrees of freedom: no third moment. */
  t3: (stream) => stream.gaussian() * t3Factor(stream),
  /** One value in ten scatters five times as far. */
  outliers: (stream) => stream.gaussian() * outlierFactor(stream),
  /** Lognormal, σ 0.5: skewness 1.75. */
  skewed: (stream) => {
    const variance = (Math.exp(LOG_SIGMA ** 2) - 1) * Math.exp(LOG_SIGMA ** 2);
    return (
      (Math.exp(LOG_SIGMA * stream.gaussian()) - Math.exp(LOG_SIGMA ** 2 / 2)) / Math.sqrt(variance)
    );
  },
} as const satisfies Record<string, Noise>;

/** What makes a normal draw one of t3, of variance 1. */
export function t3Factor(stream: RandomStream): number {
  const squares = [0, 0, 0].reduce((sum) => sum + stream.gaussian() ** 2, 0);
  return 1 / Math.sqrt(squares);
}

/** What makes a normal draw one with outliers, of variance 1. */
export function outlierFactor(stream: RandomStream): number {
  const factor = stream.uniform() < OUTLIER.share ? OUTLIER.factor : 1;
  return factor / Math.sqrt(OUTLIER_VARIANCE);
}
