import type { KeyNumber } from "../../results/key-number";

export const AUDIT_KEY_NUMBERS: readonly KeyNumber[] = [
  {
    key: "causal_share.estimate",
    label: "causal share",
    meaning: "How much of what the head knows of the neuron comes from the neuron itself.",
    interval: "causal_share",
    overview: "causal share",
  },
  {
    key: "input_share.estimate",
    label: "input share",
    meaning: "How much it knows by what the neuron reads, the neuron held still.",
    interval: "input_share",
  },
  {
    key: "prediction.r.estimate",
    label: "r",
    meaning: "How well it predicts on held-out texts: Pearson's correlation with the activation.",
    interval: "prediction.r",
  },
  {
    key: "specificity.rank",
    of: "specificity.of",
    label: "rank by other texts' values",
    meaning: "Among the neurons of {hook}, by how much other texts' values move the prediction.",
  },
  {
    key: "unreached",
    label: "moves along the inputs that fell short",
    meaning: "Share of the moves that could not make the neuron take another text's value.",
  },
  {
    key: "resamples",
    label: "other texts' values tried on each text",
    meaning: "",
  },
];
