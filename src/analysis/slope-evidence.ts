import type { ScalingExperiment } from "../patching/scaling-experiment";
import type { Interval } from "../results/evidence-parts";
import type { Fit, SlopeEvidence } from "../results/patching-evidence";
import { clusteredRegression } from "../stats/clustered-regression";
import { effectSize } from "../stats/effect-size";
import { groupContributions } from "../stats/group-contributions";
import { oneSample } from "../stats/one-sample";
import { pearsonCorrelation } from "../stats/pearson-correlation";
import { permutationTest } from "../stats/permutation-test";
import { signFlipTest } from "../stats/sign-flip-test";
import { vectorStatistics } from "../stats/vector-statistics";
import { adjustedTests, type SingleTest } from "./adjusted-tests";
import {
  byPrompt,
  type ChangePoint,
  changeLine,
  changePoints,
  overPrompts,
  type PromptPoints,
} from "./over-prompts";
import type { RandomStreams } from "./random-streams";

const FAMILY = "patching";

/**
 * How sure the slope of a scaling experiment is: intervals over prompts, the fit without the points
 * that are zero by construction, slopes prompt by prompt, effect sizes, and tests.
 *
 * @param nearZero prompts whose activation is so small that scaling says nothing
 */
export function slopeEvidence(
  experiment: ScalingExperiment,
  nearZero: readonly number[],
  streams: RandomStreams,
): SlopeEvidence {
  const { baseline, scaling } = experiment;
  const points = changePoints(
    scaling.map(({ activation }) => activation),
    scaling.map(({ prediction }) => prediction),
    baseline,
  );
  const changed = points.filter(({ activation }) => activation !== 0);
  const all_points = fitOf(points, streams);
  const changed_points = fitOf(changed, streams);
  const prompt_slopes = promptSlopes(experiment, nearZero, streams);
  const baseline_correlation = correlationOf(experiment, streams);
  return {
    all_points,
    changed_points,
    prompt_slopes,
    baseline_correlation,
    effect_sizes: effectSizes(experiment, changed_points.slope.estimate),
    tests: adjustedTests([
      ...lineTests(changed, changed_points, streams),
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

function fitOf(points: readonly ChangePoint[], streams: RandomStreams): Fit {
  const groups = byPrompt(points);
  const { reason } = changeLine(points);
  const stream = streams("bootstrap-prompts");
  const interval = (key: "slope" | "intercept" | "r_squared") =>
    overPrompts(
      groups,
      (drawn: readonly PromptPoints[]) => changeLine(drawn.flat())[key],
      stream,
      reason,
    );
  const test = clusteredRegression(
    points.map(({ activation }) => activation),
    points.map(({ prediction }) => prediction),
    points.map(({ prompt }) => prompt),
  );
  return {
    points: points.length,
    prompts: groups.length,
    slope: interval("slope"),
    intercept: interval("intercept"),
    r_squared: interval("r_squared"),
    slope_test: test.slope,
    intercept_test: test.intercept,
  };
}

function lineTests(
  points: readonly ChangePoint[],
  { slope, intercept, r_squared, slope_test, intercept_test }: Fit,
  streams: RandomStreams,
): SingleTest[] {
  const labels = points.map(({ prompt }) => prompt);
  const x = points.map(({ activation }) => activation);
  const y = points.map(({ prediction }) => prediction);
  const contributions = slope.estimate === null ? null : groupContributions(x, y, labels);
  const none = changeLine(points).reason;
  const flips = (values: readonly number[] | undefined, purpose: string) =>
    values && none === null ? signFlipTest(values, streams(purpose)).p_value : null;
  const exchange = exchangeability(x, y, labels, none, streams);
  const test = (claim: string, estimate: number | null, null_hypothesis: string) => ({
    ...{ claim, estimate, null_hypothesis, family: FAMILY },
  });
  const bySign = { p_value: flips(contributions?.slope, "sign-flip-slope"), reason: none };
  const interceptBySign = {
    p_value: flips(contributions?.intercept, "sign-flip-intercept"),
    reason: none,
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
  x: readonly number[],
  y: readonly number[],
  labels: readonly number[],
  none: string | null,
  streams: RandomStreams,
): { p_value: number | null; reason: string | null } {
  if (none !== null) return { p_value: null, reason: none };
  if (new Set(labels).size === labels.length) {
    return {
      p_value: null,
      reason: "each prompt has one changed run: there is nothing to exchange",
    };
  }
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const statistic = (order: readonly number[]) =>
    order.reduce((sum, value, i) => sum + (x[i] - mean) * value, 0);
  const options = { within: labels, ...streams("permutation-within-prompts") };
  return { p_value: permutationTest(y, statistic, options).p_value, reason: null };
}

function promptSlopes(
  { per_input }: ScalingExperiment,
  nearZero: readonly number[],
  streams: RandomStreams,
): SlopeEvidence["prompt_slopes"] {
  const kept = per_input.flatMap(({ slope }, prompt) =>
    slope === null || nearZero.includes(prompt) ? [] : [slope],
  );
  const { mean: _, n, ...spread } = oneSample(kept);
  const none = n === 0 ? "no prompt has a slope of its own" : null;
  const mean = overPrompts(
    kept,
    (drawn) =>
      drawn.length === 0 ? null : drawn.reduce((sum, slope) => sum + slope, 0) / drawn.length,
    streams("bootstrap-slopes"),
    none,
  );
  const reason = spread.p_value === null ? (none ?? NO_SPREAD) : null;
  return { n, left_out: [...nearZero], mean, ...spread, reason };
}

function correlationOf({ baseline }: ScalingExperiment, streams: RandomStreams): Interval {
  const pairs = baseline.activation.map((activation, i) => [activation, baseline.prediction[i]]);
  return overPrompts(
    pairs,
    (drawn) =>
      pearsonCorrelation(
        drawn.map(([activation]) => activation),
        drawn.map(([, prediction]) => prediction),
      ),
    streams("bootstrap-correlation"),
    "activation or prediction is the same on every prompt",
  );
}

function correlationTest(
  { baseline }: ScalingExperiment,
  { estimate, reason }: Interval,
  streams: RandomStreams,
): SingleTest {
  const { p_value } = permutationTest(
    baseline.prediction,
    (order) => pearsonCorrelation(baseline.activation, order),
    streams("permutation-of-prompts"),
  );
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
  { baseline, scaling, experiments }: ScalingExperiment,
  slope: number | null,
): SlopeEvidence["effect_sizes"] {
  const { prediction, activation } = baseline;
  const activation_std = vectorStatistics(activation).std;
  const standardised = effectSize(slope === null ? null : slope * activation_std, prediction);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    prediction_std: vectorStatistics(prediction).std,
    activation_std,
    slope: standardised,
    runs: [...experiments, ...scaling].map((run) => {
      const changes = run.prediction.map((value, i) => value - prediction[i]);
      return {
        patch: [...run.patch],
        mean_change: effectSize(mean(changes), prediction),
        mean_absolute_change: effectSize(mean(changes.map(Math.abs)), prediction),
      };
    }),
    reason: standardised === null ? whyNoSize(slope) : null,
  };
}

function whyNoSize(slope: number | null): string {
  return slope === null
    ? "there is no slope"
    : "the prediction is the same on every prompt: it has no spread to compare with";
}
