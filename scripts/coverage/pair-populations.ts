import type { RandomStream } from "../../src/stats/random-stream";
import { NOISE, outlierFactor, t3Factor } from "./noise";

/** Activation and prediction of prompts, unpatched: x, and what of y does not follow it, both of variance 1. */
export interface PairPopulation {
  readonly name: string;
  readonly meaning: string;
  draw(stream: RandomStream): readonly [x: number, rest: number];
}

/** The correlations that are tried, each in every population. */
export const CORRELATIONS = [0, 0.6, 0.9] as const;

export const PAIR_POPULATIONS: readonly PairPopulation[] = [
  {
    name: "normal",
    meaning: "both normal",
    draw: (stream) => [stream.gaussian(), stream.gaussian()],
  },
  {
    name: "unequal",
    meaning: "activations lognormal (σ 0.5)",
    draw: (stream) => [NOISE.skewed(stream), stream.gaussian()],
  },
  {
    name: "t3",
    meaning: "the activation, and what the prediction has besides, each t3",
    draw: (stream) => [NOISE.t3(stream), NOISE.t3(stream)],
  },
  {
    name: "t3 together",
    meaning: "bivariate t3: far out in both at once",
    draw: (stream) => {
      const factor = t3Factor(stream);
      return [stream.gaussian() * factor, stream.gaussian() * factor];
    },
  },
  {
    name: "outliers",
    meaning: "one in ten scatters 5 × as far, in each",
    draw: (stream) => [NOISE.outliers(stream), NOISE.outliers(stream)],
  },
  {
    name: "outliers together",
    meaning: "one prompt in ten lies 5 × as far out",
    draw: (stream) => {
      const factor = outlierFactor(stream);
      return [stream.gaussian() * factor, stream.gaussian() * factor];
    },
  },
  {
    name: "spreading",
    meaning: "the prediction scatters more where the activation is far from its mean",
    draw: (stream) => {
      const x = stream.gaussian();
      return [x, stream.gaussian() * Math.sqrt((0.25 + x * x) / 1.25)];
    },
  },
];

/** Where no interval holds: the variance of what is divided by is not seen in a sample. */
export const ONE_SIDED: PairPopulation = {
  name: "t3 in one",
  meaning: "activations normal, what the prediction has besides t3",
  draw: (stream) => [stream.gaussian(), NOISE.t3(stream)],
};

/** The prediction, whose population correlation with x is rho. */
export function prediction(rho: number, [x, rest]: readonly [number, number]): number {
  return rho * x + Math.sqrt(1 - rho * rho) * rest;
}
