import { type ChangePoint, changePoint } from "../../src/patching/change-line";
import type { RandomStream } from "../../src/stats/random-stream";
import { ACTIVATIONS, type Activations } from "./activations";
import { NOISE, type Noise } from "./noise";

/** Prompts as a scaling or quantile experiment finds them. */
export interface PromptPopulation {
  readonly name: string;
  readonly meaning: string;
  readonly activations: Activations;
  /** How prompts' slopes and single runs scatter. */
  readonly noise: Noise;
  /** Mean curvature; each prompt's own lies about it. */
  readonly curvature: number;
  /** Standard deviation of a prompt's curvature. */
  readonly curvatures: number;
  /** What a patched run changes, and by how much a straight prompt's prediction would follow. */
  readonly runs: (activation: number) => { readonly x: number; readonly response: number }[];
}

const SLOPE = { mean: 0.5, deviation: 0.15 } as const;
/** Standard deviation of a run about its prompt's curve. */
const RUN = 0.1;

const FACTORS = [0, 0.5, 1.5, 2] as const;
const QUANTILES = [0.4, 0.7, 1, 1.4, 2.3] as const;

const straight = (x: number) => ({ x, response: x });
const scaled = (activation: number) => FACTORS.map((factor) => straight((factor - 1) * activation));
const set = (activation: number) => QUANTILES.map((value) => straight(value - activation));
const saturating = (activation: number) =>
  FACTORS.map((factor) => ({
    x: (factor - 1) * activation,
    response: Math.tanh(factor * activation) - Math.tanh(activation),
  }));

const linear = { curvature: 0, curvatures: 0.05, runs: scaled };

export const PROMPT_POPULATIONS: readonly PromptPopulation[] = [
  {
    ...linear,
    name: "normal",
    meaning: "activations normal (1 ± 0.6), slopes normal (0.5 ± 0.15)",
    activations: ACTIVATIONS.even,
    noise: NOISE.normal,
  },
  {
    ...linear,
    name: "unequal",
    meaning: "activations lognormal (σ 0.5), slopes normal",
    activations: ACTIVATIONS.unequal,
    noise: NOISE.normal,
  },
  {
    ...linear,
    name: "t3",
    meaning: "activations lognormal, slopes and runs Student's t with 3 degrees of freedom",
    activations: ACTIVATIONS.unequal,
    noise: NOISE.t3,
  },
  {
    ...linear,
    name: "t3 everywhere",
    meaning: "activations t3 as well",
    curvatures: 0,
    activations: ACTIVATIONS.t3,
    noise: NOISE.t3,
  },
  {
    ...linear,
    name: "outliers",
    meaning:
      "one prompt in ten has 4 × the activation; one slope and one run in ten scatter 5 × as far",
    curvatures: 0.02,
    activations: ACTIVATIONS.outliers,
    noise: NOISE.outliers,
  },
  {
    ...linear,
    name: "skewed",
    meaning: "activations, slopes and runs lognormal (σ 0.5)",
    activations: ACTIVATIONS.unequal,
    noise: NOISE.skewed,
  },
  {
    ...linear,
    name: "curved",
    meaning: "unequal, and every prompt bends the same way",
    curvature: 0.05,
    activations: ACTIVATIONS.unequal,
    noise: NOISE.normal,
  },
  {
    ...linear,
    name: "saturating",
    meaning: "the prediction follows tanh of the activation: steep where it is small",
    curvatures: 0,
    activations: ACTIVATIONS.even,
    noise: NOISE.normal,
    runs: saturating,
  },
  {
    ...linear,
    name: "set, t3",
    meaning: "set to five quantiles instead of scaled, slopes and runs t3",
    activations: ACTIVATIONS.unequal,
    noise: NOISE.t3,
    runs: set,
  },
];

/** Patched runs of one prompt, drawn at random. */
export function drawPrompt(
  population: PromptPopulation,
  stream: RandomStream,
  prompt: number,
): ChangePoint[] {
  const { activations, noise, runs } = population;
  const activation = activations.draw(stream);
  const slope = SLOPE.mean + SLOPE.deviation * noise(stream);
  const curvature = population.curvature + population.curvatures * stream.gaussian();
  return runs(activation).map(({ x, response }) => {
    const change = slope * response + curvature * x * x + RUN * noise(stream);
    return changePoint(prompt, { clean: 0, patched: x }, change, 0);
  });
}

/** What the intervals are to hold: slope, intercept and R² of the line through all runs of all prompts. */
export function trueLine({ activations, curvature, curvatures, runs }: PromptPopulation) {
  let [n, x1, y1, xx, xy, yy] = [0, 0, 0, 0, 0, 0];
  for (const { value, weight } of activations.nodes) {
    for (const { x, response } of runs(value)) {
      const y = SLOPE.mean * response + curvature * x * x;
      const scatter = (SLOPE.deviation * response) ** 2 + (curvatures * x * x) ** 2 + RUN ** 2;
      n += weight;
      x1 += weight * x;
      y1 += weight * y;
      xx += weight * x * x;
      xy += weight * x * y;
      yy += weight * (y * y + scatter);
    }
  }
  const sxx = xx - (x1 * x1) / n;
  const sxy = xy - (x1 * y1) / n;
  const slope = sxy / sxx;
  return {
    slope,
    intercept: (y1 - slope * x1) / n,
    r_squared: (sxy * sxy) / (sxx * (yy - (y1 * y1) / n)),
  };
}
