import type { KeyNumber } from "../../results/key-number";

export const ACTIVATION_PATCHING_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "baseline_correlation",
    label: "baseline correlation",
    meaning: "How well the head predicts, unpatched: Pearson's r of activation and prediction.",
    interval: "evidence.baseline_correlation",
    overview: "baseline correlation",
  },
  {
    key: "slope",
    label: "slope",
    meaning: "How far the prediction moves when the activation is moved by 1.",
    interval: "evidence.all_points.slope",
    overview: "slope",
  },
  {
    key: "intercept",
    label: "intercept",
    meaning: "What the fitted line says for no change at all: close to 0.",
    interval: "evidence.all_points.intercept",
  },
  {
    key: "r_squared",
    label: "R²",
    meaning: "How alike prompts and factors are in that slope.",
    interval: "evidence.all_points.r_squared",
    overview: "R²",
  },
];
