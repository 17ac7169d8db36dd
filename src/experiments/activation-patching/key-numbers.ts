import type { KeyNumber } from "../../results/key-number";

export const ACTIVATION_PATCHING_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "evidence.typical_slope.standardized.estimate",
    label: "slope, standardised",
    meaning:
      "How far the prediction moves with the patched neuron, each in its standard deviations over these prompts.",
    meaningBy: {
      key: "evidence.typical_slope.of",
      of: {
        prompt_slopes:
          "How far the prediction moves with the patched neuron, each in its standard deviations over these prompts: mean of the prompts' own slopes, since they disagree.",
      },
    },
    interval: "evidence.typical_slope.standardized",
    overview: "slope, standardised",
  },
  {
    key: "controls.neurons.slope_rank.rank",
    of: "controls.neurons.slope_rank.of",
    label: "rank of that slope among other neurons'",
    meaning: "The same experiment on neurons of the layer that vary about as much.",
    overview: "rank among controls",
  },
  {
    key: "controls.shuffled_labels.slope_rank.rank",
    of: "controls.shuffled_labels.slope_rank.of",
    label: "rank of it among heads on shuffled labels",
    meaning: "The same experiment with heads that learnt noise.",
  },
  {
    key: "baseline_correlation",
    label: "baseline correlation",
    meaning: "Pearson's r of activation and prediction, unpatched.",
    interval: "evidence.baseline_correlation",
  },
  {
    key: "slope",
    label: "slope, one line through all points",
    meaning: "How far the prediction moves when the activation is moved by 1.",
    meaningBy: {
      key: "evidence.typical_slope.of",
      of: {
        prompt_slopes: "The prompts disagree: it follows those whose activation moves farthest.",
      },
    },
    interval: "evidence.all_points.slope",
  },
  {
    key: "evidence.prompt_slopes.mean.estimate",
    label: "slope, mean of the prompts' own",
    meaning: "From {evidence.prompt_slopes.min} to {evidence.prompt_slopes.max}.",
    interval: "evidence.prompt_slopes.mean",
  },
  {
    key: "intercept",
    label: "intercept of the one line",
    meaning: "0 where the line goes through the unpatched run.",
    interval: "evidence.all_points.intercept",
  },
  {
    key: "r_squared",
    label: "R² of the one line",
    meaning: "How alike prompts and factors are in that slope.",
    interval: "evidence.all_points.r_squared",
  },
];
