import { adjustedTests, type SingleTest } from "../../analysis/adjusted-tests";
import { correlationOverPrompts, lineIntervals, meanInterval } from "../../analysis/over-prompts";
import type { RandomStreams } from "../../analysis/random-streams";
import {
  activationRounding,
  type ChangePoint,
  changeLine,
  changePoints,
  roundingOf,
} from "../../patching/change-line";
import { baselineCorrelation, type ScalingExperiment } from "../../patching/scaling-experiment";
import type { Interval } from "../../results/evidence-parts";
import { clusteredRegression } from "../../stats/clustered-regression";
import { effectSize } from "../../stats/effect-size";
import { groupContributions } from "../../stats/group-contributions";
import { isConstant, type Rounding } from "../../stats/is-constant";
import { oneSample } from "../../stats/one-sample";
import { pearsonCorrelation } from "../../stats/pearson-correlation";
import { permutationTest } from "../../stats/permutation-test";
import { signFlipTest } from "../../stats/sign-flip-test";
import { vectorStatistics } from "../../stats/vector-statistics";
import type { Fit, SlopeEvidence } from "./evidence";
import { typicalSlope } from "./typical-slope";

const FAMILY = "patching";

/**
 * How sure the slope of a scaling experiment is: intervals over prompts, the fit without the points
 * that are zero by construction, slopes prompt by prompt, effect sizes, and tests. Prompts that are
 * the same up to the measured token are one.
 *
 * @param nearZero prompts whose activation is so small that scaling says nothing
 */
export function slopeEvidence(
  experiment: ScalingExperiment,
  nearZero: readonly number[],
  streams: RandomStreams,
): SlopeEvidence {
  const { baseline, scaling, rounding, why_no_line } = experiment;
  const isDistinct = new Set(experiment.distinct);
  const points = changePoints(scaling, baseline, rounding).filter(({ prompt }) =>
    isDistinct.has(prompt),
  );
  const changed = points.filter(({ activation }) => activation !== 0);
  const all_points = fitOf(points, why_no_line);
  const changed_points = fitOf(changed, why_no_line);
  const prompt_slopes = promptSlopes(experiment, changed, nearZero);
  const baseline_correlation = correlationOf(experiment);
  const effect_sizes = effectSizes(experiment, changed_points.slope.estimate);
  const known = { all_points, prompt_slopes, effect_sizes };
  return {
    all_points,
    changed_points,
    prompt_slopes,
    baseline_correlation,
    effect_sizes,
    typical_slope: typicalSlope(known, points, experiment.per_input),
    tests: adjustedTests([
      ...lineTests(changed, changed_points, why_no_line, streams),
      {
        ...{ claim: "mean of the prompts' own slopes", estimate: prompt_slopes.mean.estimate },
        ...{ null_hypothesis: "mean_zero", p_value: prompt_slopes.p_value, family: FAMILY },
        reason: prompt_slopes.reason,
      },
      correlationTest(experiment, baseline_correlation, streams),
    ]),
  };
}

const NO_SPREAD = "there are fewer than two slopes, or they are all the same";

function fitOf(points: readonly ChangePoint[], whyNone: string | null): Fit {
  const test = clusteredRegression(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
    roundingOf(points),
  );
  const without = (one: typeof test.slope) =>
    whyNone === null
      ? one
      : { ...one, estimate: null, standard_error: null, t: null, p_value: null, reason: whyNone };
  return {
    points: points.length,
    prompts: new Set(points.map(({ prompt }) => prompt)).size,
    ...lineIntervals(points, whyNone),
    slope_test: without(test.slope),
    intercept_test: without(test.intercept),
  };
}

function lineTests(
  points: readonly ChangePoint[],
  { slope, intercept, r_squared, slope_test, intercept_test, prompts }: Fit,
  whyNone: string | null,
  streams: RandomStreams,
): SingleTest[] {
  const labels = points.map(({ prompt }) => prompt);
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const contributions = slope.estimate === null ? null : groupContributions(x, y, labels);
  const none = whyNone ?? changeLine(points).reason;
  const noSigns = none ?? (prompts < 2 ? "one prompt is one measurement" : null);
  const flips = (values: readonly number[] | undefined, purpose: string) =>
    values && noSigns === null ? signFlipTest(values, streams(purpose)).p_value : null;
  const exchange = exchangeability(points, none, streams);
  const test = (claim: string, estimate: number | null, null_hypothesis: string) => ({
    ...{ claim, estimate, null_hypothesis, family: FAMILY },
  });
  const bySign = { p_value: flips(contributions?.slope, "sign-flip-slope"), reason: noSigns };
  const interceptBySign = {
    p_value: flips(contributions?.intercept, "sign-flip-intercept"),
    reason: noSigns,
  };
  return [
    { ...test("slope", slope.estimate, "signs_by_prompt"), ...bySign },
    { ...test("slope", slope.estimate, "factors_exchangeable"), ...exchange },
    { ...test("slope", slope.estimate, "clustered_t"), ...outcome(slope_test) },
    { ...test("R²", r_squared.estimate, "factors_exchangeable"), ...exchange },
    { ...test("intercept", intercept.estimate, "signs_by_prompt"), ...interceptBySign },
    { ...test("intercept", intercept.estimate, "clustered_t"), ...outcome(intercept_test) },
  ];
}

function outcome({ p_value, reason }: { p_value: number | null; reason: string | null }) {
  return { p_value, reason };
}

/**
 * Permutation within prompts. With x fixed, slope and R² rise together and have one p-value.
 */
function exchangeability(
  points: readonly ChangePoint[],
  none: string | null,
  streams: RandomStreams,
): { p_value: number | null; reason: string | null } {
  const labels = points.map(({ prompt }) => prompt);
  const prompts = [...new Set(labels)];
  const own = prompts.map((prompt) => points.filter((point) => point.prompt === prompt));
  const nothing =
    prompts.length === labels.length
      ? "each prompt has one changed run: there is nothing to exchange"
      : own.every((ofPrompt) => changeLine(ofPrompt).slope === null)
        ? "all runs of a prompt move its activation by the same: there is nothing to exchange"
        : null;
  const reason = none ?? nothing;
  if (reason !== null) return { p_value: null, reason };
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const statistic = (order: readonly number[]) =>
    order.reduce((sum, value, i) => sum + (x[i] - mean) * value, 0);
  const options = { within: labels, ...streams("permutation-within-prompts") };
  return { p_value: permutationTest(y, statistic, options).p_value, reason: null };
}

function promptSlopes(
  { per_input, distinct }: ScalingExperiment,
  changed: readonly ChangePoint[],
  nearZero: readonly number[],
): SlopeEvidence["prompt_slopes"] {
  const kept = distinct.flatMap((prompt) => {
    const { slope } = per_input[prompt];
    if (slope === null || nearZero.includes(prompt)) return [];
    return [{ slope, rounding: slopeRounding(slope, changed, prompt) }];
  });
  const slopes = kept.map(({ slope }) => slope);
  const rounding = kept.map((one) => one.rounding);
  const { mean: _, n, ...spread } = oneSample(slopes, rounding);
  const none = n === 0 ? "no prompt has a slope of its own" : null;
  const mean = meanInterval(slopes, rounding, none);
  const reason = spread.p_value === null ? (none ?? NO_SPREAD) : null;
  return { n, left_out: [...nearZero], mean, ...spread, reason };
}

/** How far a prompt's own slope may be off: by the rounding of its farthest change. */
function slopeRounding(slope: number, changed: readonly ChangePoint[], prompt: number): number {
  const own = changed.filter((point) => point.prompt === prompt);
  const farthest = own.reduce((a, b) => (Math.abs(b.activation) > Math.abs(a.activation) ? b : a));
  const { activation, prediction } = farthest.rounding;
  return (prediction + Math.abs(slope) * activation) / Math.abs(farthest.activation);
}

/** Of each prompt that is a measurement of its own. */
function distinctBaseline({ baseline, distinct, rounding }: ScalingExperiment) {
  const of = (values: readonly number[]) => distinct.map((prompt) => values[prompt]);
  const activation = of(baseline.activation);
  return {
    ...{ activation, prediction: of(baseline.prediction) },
    rounding: { x: activation.map(activationRounding), y: of(rounding) },
  };
}

function correlationOf(experiment: ScalingExperiment): Interval {
  const { activation, prediction, rounding } = distinctBaseline(experiment);
  return correlationOverPrompts(
    baselineCorrelation({ activation, prediction }, rounding.y),
    activation,
    prediction,
    rounding,
    "activation or prediction is the same on every prompt",
  );
}

function correlationTest(
  experiment: ScalingExperiment,
  { estimate, reason }: Interval,
  streams: RandomStreams,
): SingleTest {
  const { activation, prediction } = distinctBaseline(experiment);
  const stream = streams("permutation-of-prompts");
  const p_value =
    estimate === null
      ? null
      : permutationTest(prediction, (order) => pearsonCorrelation(activation, order), stream)
          .p_value;
  return {
    ...{
      claim: "baseline correlation",
      estimate,
      null_hypothesis: "prompts_exchangeable",
      p_value,
    },
    ...{ family: FAMILY, reason: p_value === null ? reason : null },
  };
}

function effectSizes(
  experiment: ScalingExperiment,
  slope: number | null,
): SlopeEvidence["effect_sizes"] {
  const { baseline, scaling, experiments, distinct } = experiment;
  const { activation, prediction, rounding } = distinctBaseline(experiment);
  const activation_std = spread(activation, rounding.x);
  const size = (change: number | null) => effectSize(change, prediction, rounding.y);
  const standardised = size(slope === null ? null : slope * activation_std);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    prediction_std: spread(prediction, rounding.y),
    activation_std,
    slope: standardised,
    runs: [...experiments, ...scaling].map((run) => {
      const changes = distinct.map((i) => run.prediction[i] - baseline.prediction[i]);
      return {
        patch: [...run.patch],
        mean_change: size(mean(changes)),
        mean_absolute_change: size(mean(changes.map(Math.abs))),
      };
    }),
    reason: standardised === null ? whyNoSize(slope) : null,
  };
}

/** Population standard deviation; 0 of numbers that differ by rounding alone. */
function spread(values: readonly number[], rounding: Rounding): number {
  return isConstant(values, rounding) ? 0 : vectorStatistics(values).std;
}

function whyNoSize(slope: number | null): string {
  return slope === null
    ? "there is no slope"
    : "the prediction is the same on every prompt: it has no spread to compare with";
}
