import {
  correlationOverPrompts,
  lineIntervals,
  meanInterval,
  slopeRatio,
} from "../../src/analysis/over-prompts";
import type { ChangePoint } from "../../src/patching/change-line";
import { correlationInterval } from "../../src/stats/correlation-interval";
import { leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { type RandomStream, randomStream } from "../../src/stats/random-stream";
import { NOISE } from "./noise";
import { OTHER_METHODS, resamplingStream } from "./other-methods";
import { CORRELATIONS, PAIR_POPULATIONS, prediction } from "./pair-populations";
import {
  drawPrompt,
  PROMPT_POPULATIONS,
  type PromptPopulation,
  trueLine,
} from "./prompt-populations";

/** How many prompts an experiment has. */
export const PROMPTS = [8, 12, 19, 30, 50, 100, 200] as const;

export interface Settings {
  readonly repetitions: number;
  readonly seed: number;
  readonly prompts: readonly number[];
  /** Told what is done. */
  readonly onDone?: (what: string) => void;
}

/** How often intervals held the true value, in per cent, for each number of prompts. */
export interface Coverage {
  readonly statistic: string;
  readonly population: string;
  /** `[number of prompts]`; null where there was no interval. */
  readonly held: readonly (number | null)[];
}

interface Limits {
  readonly low: number | null;
  readonly high: number | null;
}

/** An experiment's intervals by statistic, with what they are to hold. */
type Experiment = Record<string, { readonly interval: Limits; readonly truth: number }>;

/** Repeats experiments of so many prompts, and counts how often their intervals hold the truth. */
export function count(
  population: string,
  experiment: (stream: RandomStream, prompts: number) => Experiment,
  { repetitions, seed, prompts, onDone }: Settings,
): Coverage[] {
  const held = new Map<string, (number | null)[]>();
  for (const number of prompts) {
    const stream = randomStream(seed, `${population}/${number}`);
    const hits = new Map<string, { given: number; held: number }>();
    for (let i = 0; i < repetitions; i++) {
      for (const [statistic, { interval, truth }] of Object.entries(experiment(stream, number))) {
        const hit = hits.get(statistic) ?? { given: 0, held: 0 };
        hits.set(statistic, hit);
        const { low, high } = interval;
        if (low === null || high === null) continue;
        hit.given++;
        if (low <= truth && truth <= high) hit.held++;
      }
    }
    for (const [statistic, hit] of hits) {
      const share = hit.given === 0 ? null : (100 * hit.held) / hit.given;
      held.set(statistic, [...(held.get(statistic) ?? []), share]);
    }
  }
  onDone?.(population);
  return [...held].map(([statistic, shares]) => ({ statistic, population, held: shares }));
}

function draw(population: PromptPopulation, stream: RandomStream, prompts: number): ChangePoint[] {
  return Array.from({ length: prompts }, (_, prompt) =>
    drawPrompt(population, stream, prompt),
  ).flat();
}

/** Slope, intercept and, as far as it can be had, R². */
export function lineCoverage(settings: Settings, populations = PROMPT_POPULATIONS): Coverage[] {
  return populations.flatMap((population) => {
    const truth = trueLine(population);
    return count(
      population.name,
      (stream, prompts) => {
        const points = draw(population, stream, prompts);
        const { slope, intercept } = lineIntervals(points);
        return {
          slope: { interval: slope, truth: truth.slope },
          intercept: { interval: intercept, truth: truth.intercept },
          "R² (not given)": { interval: rSquaredInterval(points), truth: truth.r_squared },
        };
      },
      settings,
    );
  });
}

/** The best that was found for R²: the square of the correlation's interval. */
function rSquaredInterval(points: readonly ChangePoint[]): Limits {
  const { whole, without } = leaveOneOutLines(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
  );
  const limits = correlationInterval({
    estimate: whole!.correlation!,
    leaveOneOut: without.map((line) => line!.correlation!),
  });
  if (limits === null) return { low: null, high: null };
  const squares = [limits.low ** 2, limits.high ** 2].sort((a, b) => a - b);
  return { low: limits.low < 0 && limits.high > 0 ? 0 : squares[0], high: squares[1] };
}

/** Correlation of activation and prediction. */
export function correlationCoverage(
  settings: Settings,
  populations = PAIR_POPULATIONS,
): Coverage[] {
  return populations.flatMap((population) =>
    CORRELATIONS.flatMap((rho) =>
      count(
        `${population.name}, ρ ${rho}`,
        (stream, prompts) => {
          const pairs = Array.from({ length: prompts }, () => population.draw(stream));
          const x = pairs.map((pair) => pair[0]);
          const y = pairs.map((pair) => prediction(rho, pair));
          const r = leaveOneOutLines(x, y).whole!.correlation;
          return {
            correlation: { interval: correlationOverPrompts(r, x, y, {}, ""), truth: rho },
          };
        },
        settings,
      ),
    ),
  );
}

const MEAN = "mean of the prompts' own slopes";

/** Mean of the prompts' own slopes. */
export function meanCoverage(settings: Settings): Coverage[] {
  return Object.entries(NOISE).flatMap(([name, noise]) =>
    count(
      name,
      (stream, prompts) => {
        const slopes = Array.from({ length: prompts }, () => 0.5 + 0.15 * noise(stream));
        return { [MEAN]: { interval: meanInterval(slopes, 0), truth: 0.5 } };
      },
      settings,
    ),
  );
}

/** Direct part of each prompt's slope, and the rest: mean and standard deviation. */
const DIRECT = { mean: 0.35, deviation: 0.1 } as const;
const REST = { mean: 0.15, deviation: 0.11 } as const;

/** Share of one slope in another. */
export function shareCoverage(settings: Settings): Coverage[] {
  return PROMPT_POPULATIONS.filter(
    ({ runs, curvature }) => runs === PROMPT_POPULATIONS[0].runs && curvature === 0,
  ).flatMap(({ name, activations, noise, runs }) =>
    count(
      name,
      (stream, prompts) => {
        const parts = Array.from({ length: prompts }, (_, prompt) => {
          const direct = DIRECT.mean + DIRECT.deviation * noise(stream);
          const rest = REST.mean + REST.deviation * noise(stream);
          return runs(activations.draw(stream)).map(({ x }) => {
            const one = { prompt, activation: x, rounding: { activation: 0, prediction: 0 } };
            const whole = (direct + rest) * x + 0.05 * noise(stream);
            return [
              { ...one, prediction: direct * x },
              { ...one, prediction: whole },
            ] as const;
          });
        }).flat();
        const interval = slopeRatio(
          parts.map(([direct]) => direct),
          parts.map(([, whole]) => whole),
        );
        return { share: { interval, truth: DIRECT.mean / (DIRECT.mean + REST.mean) } };
      },
      settings,
    ),
  );
}

/** The slope by other methods, which were not chosen. */
export function otherMethodsCoverage(
  settings: Settings,
  populations = PROMPT_POPULATIONS.filter(({ name }) => COMPARED.includes(name)),
): Coverage[] {
  const resampling = resamplingStream(settings.seed);
  return populations.flatMap((population) => {
    const { slope: truth } = trueLine(population);
    return count(
      population.name,
      (stream, prompts) => {
        const points = draw(population, stream, prompts);
        return Object.fromEntries(
          Object.entries(OTHER_METHODS).map(([name, method]) => [
            name,
            { interval: method(points, prompts, resampling), truth },
          ]),
        );
      },
      settings,
    );
  });
}

const COMPARED = ["normal", "t3", "outliers"];
