import { readdirSync } from "node:fs";
import { join } from "node:path";
import { openHead } from "../../src/analysis/open-head";
import {
  correlationOverPrompts,
  lineIntervals,
  meanInterval,
} from "../../src/analysis/over-prompts";
import { nearZeroPrompts } from "../../src/experiments/activation-patching/quantile-experiment";
import { measurePrompts } from "../../src/heads/measured-prompts";
import { type ChangePoint, changePoints } from "../../src/patching/change-line";
import { type ScalingExperiment, scalingExperiment } from "../../src/patching/scaling-experiment";
import { leaveOneOutLines } from "../../src/stats/leave-one-out-lines";
import { defaultTexts } from "../../src/training/default-texts";
import { type Coverage, count, type Settings } from "./simulate";

const MODELS = join(__dirname, "..", "..", "models");

/** How many texts of the bundled corpus stand for all texts. */
export const TEXTS = 1000;

/**
 * Experiments on texts that are drawn from those measured with the bundled heads, with all of them as
 * the population: prompts as they are, not as a distribution says.
 */
export async function bundledCoverage(settings: Settings): Promise<Coverage[]> {
  const runs = readdirSync(MODELS).filter((name) => name.startsWith("neuron_"));
  const texts = await defaultTexts({ count: TEXTS, seed: settings.seed });
  const all: Coverage[] = [];
  for (const name of runs.sort()) {
    const head = await openHead(join(MODELS, name));
    const { headType, layerType } = head.files.config;
    const prompts = measurePrompts(head, texts);
    const experiment = await scalingExperiment(head, prompts.only(prompts.distinct()));
    head.dispose();
    all.push(...resampled(`${headType} head, ${layerType}`, experiment, settings));
  }
  return all;
}

function resampled(
  name: string,
  { baseline, scaling, rounding, per_input }: ScalingExperiment,
  settings: Settings,
): Coverage[] {
  const { activation, prediction } = baseline;
  const byPrompt = activation.map((): ChangePoint[] => []);
  for (const point of changePoints(scaling, baseline, rounding)) {
    if (point.activation !== 0) byPrompt[point.prompt].push(point);
  }
  const nearZero = new Set(nearZeroPrompts(activation));
  const slopes = per_input.map(({ slope }) => slope);
  const truth = {
    line: leaveOneOutLines(
      byPrompt.flat().map((point) => point.activation),
      byPrompt.flat().map((point) => point.prediction),
    ).whole!,
    correlation: leaveOneOutLines(activation, prediction).whole!.correlation!,
    mean: average(slopes.filter((slope, i) => slope !== null && !nearZero.has(i))),
  };
  return count(
    name,
    (stream, prompts) => {
      const drawn = Array.from({ length: prompts }, () => stream.integer(0, activation.length - 1));
      // Drawn twice, a text stands for two of the many that it was drawn from.
      const points = drawn.flatMap((text, prompt) =>
        byPrompt[text].map((point) => ({ ...point, prompt })),
      );
      const { slope, intercept } = lineIntervals(points);
      const [x, y] = [activation, prediction].map((values) => drawn.map((text) => values[text]));
      const r = leaveOneOutLines(x, y).whole?.correlation ?? null;
      const own = drawn.filter((text) => !nearZero.has(text)).flatMap((text) => slopes[text] ?? []);
      return {
        slope: { interval: slope, truth: truth.line.slope },
        intercept: { interval: intercept, truth: truth.line.intercept },
        correlation: {
          interval: correlationOverPrompts(r, x, y, {}, "constant"),
          truth: truth.correlation,
        },
        "mean of the prompts' own slopes": { interval: meanInterval(own, 0), truth: truth.mean },
      };
    },
    settings,
  );
}

function average(values: readonly (number | null)[]): number {
  return values.reduce((sum: number, value) => sum + value!, 0) / values.length;
}
