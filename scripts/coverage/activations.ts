import type { RandomStream } from "../../src/stats/random-stream";
import { NOISE } from "./noise";

/** How the neuron's activation varies over prompts. */
export interface Activations {
  draw(stream: RandomStream): number;
  /** Values and weights whose sums are the expectations that the true values need. */
  readonly nodes: readonly { readonly value: number; readonly weight: number }[];
}

const LARGE = { share: 0.1, factor: 4 } as const;

/** By their names in the table. */
export const ACTIVATIONS = {
  even: ofNormal((z) => 1 + 0.6 * z),
  /** Lognormal, σ 0.5. */
  unequal: ofNormal((z) => Math.exp(0.5 * z)),
  /** One prompt in ten has four times the activation. */
  outliers: {
    draw: (stream) =>
      (1 + 0.4 * stream.gaussian()) * (stream.uniform() < LARGE.share ? LARGE.factor : 1),
    nodes: ofNormal((z) => 1 + 0.4 * z).nodes.flatMap(({ value, weight }) => [
      { value, weight: weight * (1 - LARGE.share) },
      { value: value * LARGE.factor, weight: weight * LARGE.share },
    ]),
  },
  /** Mean 0.5, variance 1. Only these count where the prediction is linear in the activation. */
  t3: {
    draw: (stream) => 0.5 + NOISE.t3(stream),
    nodes: [
      { value: -0.5, weight: 0.5 },
      { value: 1.5, weight: 0.5 },
    ],
  },
} as const satisfies Record<string, Activations>;

/** A function of a normal number; the trapezoidal rule is exact for smooth ones. */
function ofNormal(value: (z: number) => number): Activations {
  const [end, step] = [9, 0.02];
  const nodes = Array.from({ length: (2 * end) / step + 1 }, (_, i) => {
    const z = -end + i * step;
    return { value: value(z), weight: (step * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI) };
  });
  return { draw: (stream) => value(stream.gaussian()), nodes };
}
