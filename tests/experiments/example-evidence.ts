import type {
  Controls,
  DirectEffect,
  Fit,
  QuantileExperiment,
  SlopeEvidence,
} from "../../src/experiments/activation-patching/evidence";
import type { Interval, TestedClaim } from "../../src/results/evidence-parts";

export const interval: Interval = {
  ...{ estimate: 0.5, low: 0.4, high: 0.6, confidence: 0.95, method: "jackknife_t" },
  ...{ n: 8, resamples: 8, usable: 8, reason: null },
};

export const testedClaim: TestedClaim = {
  ...{ claim: "slope", estimate: 0.5, null_hypothesis: "signs_by_prompt" },
  ...{ p_value: 0.5, holm: 0.5, benjamini_hochberg: 0.5, family: "patching", reason: null },
};

const coefficient = {
  ...{ estimate: 0.5, standard_error: 0.1, t: 5, degrees_of_freedom: 1, p_value: 0.13 },
  reason: null,
};

const fit: Fit = {
  ...{ points: 4, prompts: 2, slope: interval, intercept: interval, r_squared: interval },
  ...{ slope_test: coefficient, intercept_test: coefficient },
};

const rank = { rank: 1, of: 2, percentile: 100, p_value: 0.5, reason: null };

export const evidence: SlopeEvidence = {
  all_points: fit,
  changed_points: fit,
  prompt_slopes: {
    ...{
      n: 2,
      left_out: [],
      mean: interval,
      std: 0.1,
      standard_error: 0.07,
      min: 0.4,
      median: 0.5,
    },
    ...{ max: 0.6, t: 7, p_value: 0.09, reason: null },
  },
  baseline_correlation: interval,
  effect_sizes: {
    ...{ prediction_std: 0.5, activation_std: 0.5, slope: 0.5, reason: null },
    runs: [{ patch: ["zero", 0], mean_change: -1, mean_absolute_change: 1 }],
  },
  typical_slope: {
    ...{ of: "all_points", slope: interval, standardized: interval, prompts_agree: true },
    ...{ pooled_r_squared: 0.9, own_r_squared: 0.95, note: null },
  },
  tests: [testedClaim],
};

export const direct_effect: DirectEffect = {
  reason: null,
  closed_form: { slope: 0.5, difference: 0, largest_error: 1e-7, reason: null },
  direction_norm: 1,
  direct: [
    [0, 0],
    [0.5, 1],
  ],
  total: [
    [0, 0],
    [0.5, 1],
  ],
  indirect: [
    [0, 0],
    [0, 0],
  ],
  ...{ direct_slope: interval, indirect_slope: interval, direct_share: interval },
};

export const quantiles: QuantileExperiment = {
  ...{ reason: null, near_zero: [], probabilities: [0.5], values: [1.5] },
  runs: [{ patch: ["set", 1.5], activation: [1.5, 1.5], prediction: [3.25, 3.75] }],
  ...{ slope: interval, intercept: interval, r_squared: interval },
};

export const controls: Controls = {
  neurons: {
    ...{ reason: null, candidates: 1 },
    neurons: [{ neuron: 3, activation_std: 0.5, slope: 0.1, effect: 0.1 }],
    target: { activation_std: 0.5, slope: 0.5, effect: 0.5 },
    ...{ slope_rank: rank, effect_rank: rank },
  },
  shuffled_labels: {
    ...{ reason: null, texts: 50, heads: [{ slope: 0.01, test_r_squared: -0.01 }] },
    ...{ test_r_squared: 0.8, selectivity: 0.81, slope_rank: rank },
  },
};
